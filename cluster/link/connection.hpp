// A link session on a real stream: frames out, in the order they were given, and frames in.
//
// Owner and thread: everything happens on the thread of its io_context. It keeps itself alive while
// an operation is pending. `closed` is called once, and nothing after it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "actors/edges.hpp"
#include "cluster/link/byte_stream.hpp"
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

class connection : public std::enable_shared_from_this<connection> {
public:
    struct events {
        std::function<void()> opened;  ///< the peer has proved who it is
        std::function<void(frame, wire::Message::Reader)> arrived;
        std::function<void(const std::string& why)> closed;
    };

    connection(boost::asio::io_context& context, const clock_edge& clock,
               std::unique_ptr<byte_stream> stream, session_settings settings, buffer_source memory,
               events told);

    void begin();

    /// A frame that waits here already is not taken a second time.
    void send(const frame& f);

    /// Once a heartbeat.
    void tick();

    /// Says goodbye and closes. An empty sentence: the peer is not told why.
    void close(const std::string& why);

    const link_session& session() const { return session_; }
    link_counters counters() const;

private:
    struct waiting {
        encoded_frame bytes;
        const void* identity;
        std::size_t size;
    };
    void read_on();
    void took(stream_progress p);
    void deliver(std::vector<frame> frames);
    void send_session();
    void push(const frame& f);
    void write_on();
    void over(const std::string& why);

    const clock_edge& clock_;
    std::unique_ptr<byte_stream> stream_;
    link_session session_;
    frame_receiver receiver_;
    events told_;
    std::deque<waiting> queue_;
    std::size_t queue_bytes_ = 0;
    std::size_t writing_ = 0;  ///< frames at the queue's front that a write has
    bool was_open_ = false;
    bool over_ = false;
    boost::asio::steady_timer last_words_;
    link_counters counters_;
};

}  // namespace slackline
