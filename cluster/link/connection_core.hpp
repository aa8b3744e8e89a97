// One end of a connection without its stream: which bytes go out, what becomes of those that come,
// and when it is over.
//
// Whoever has the stream reads into room() and tells took(); writes what next_write() gives and
// tells wrote(); and closes the stream as soon as finished(). After every call there may be
// something to write.
//
// Pure: no socket, no clock. Owner and thread: a connection, or a simulation; one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cluster/link/link_session.hpp"
#include "messages/encode.hpp"
#include "messages/frame_receiver.hpp"

namespace slackline {

/// Frames that wait for a connection beyond either bound vanish, as on any link; one frame that is
/// alone may be as large as it is.
constexpr std::size_t queue_frames_max = 8'192;
constexpr std::size_t queue_bytes_max = 1u << 30;

struct link_counters {
    std::uint64_t frames_sent = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t writes = 0;        ///< system calls
    std::uint64_t reads = 0;         ///< system calls
    std::uint64_t copied_bytes = 0;  ///< of bodies that did not arrive in their place
    std::uint64_t overflowed = 0;    ///< frames that a full queue did not take

    void add(const link_counters& other);
};

/// What a connection tells. `closed` is called once, and nothing after it.
struct connection_events {
    std::function<void()> opened;  ///< the peer has proved who it is
    std::function<void(const frame&)> arrived;
    std::function<void(const std::string& why)> closed;
};

class connection_core {
public:
    using pieces = std::vector<std::span<const std::byte>>;

    /// `checksummed`: bytes may be changed on the way, so bodies have checksums.
    connection_core(session_settings settings, bool checksummed, buffer_source memory,
                    connection_events told);

    void begin(std::int64_t now_ms);

    /// Once a heartbeat.
    void tick(std::int64_t now_ms);

    /// A frame that waits here already is not taken a second time.
    void send(const frame& f);

    /// Where the next bytes of the stream belong, in this order; the first is never empty.
    std::array<std::span<std::byte>, 2> room() { return receiver_.room(); }

    /// `bytes` were put into room().
    void took(std::size_t bytes, std::int64_t now_ms);

    /// What the stream is to write now; they stay where they are until wrote(). Empty: nothing, or
    /// the last ones are not written yet.
    const pieces& next_write();
    void wrote();

    /// Says goodbye and is over. An empty sentence: the peer is not told why.
    void close(const std::string& why);

    /// The stream is over, for this reason: nothing can be said any more.
    void lost(const std::string& why);

    bool over() const { return over_; }

    /// It is over, and the last words are written or of no use.
    bool finished() const { return over_ && (mute_ || queue_.empty()); }

    const link_session& session() const { return session_; }

    /// System calls are not known here: 0.
    link_counters counters() const;

private:
    struct waiting {
        encoded_frame bytes;
        const void* identity;
        std::size_t size;
    };
    void deliver(const frame& f);
    void send_session();
    void push(const frame& f);

    link_session session_;
    bool checksummed_;
    frame_receiver receiver_;
    connection_events told_;
    std::deque<waiting> queue_;
    std::size_t queue_bytes_ = 0;
    pieces pieces_;
    std::size_t writing_ = 0;  ///< frames at the queue's front that a write has
    bool was_open_ = false;
    bool over_ = false;
    bool mute_ = false;  ///< the stream takes nothing more
    link_counters counters_;
};

}  // namespace slackline
