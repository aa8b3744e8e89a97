// One direction of a simulated connection: bytes in order, late, in parts and sometimes damaged.
//
// Owner and thread: the network; the simulation's one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace slackline {

struct stream_faults {
    std::int64_t delay_max_ms = 5;  ///< of a part; uniform from 0
    std::size_t part_bytes_max = 1 << 20;
    std::size_t window_bytes = 1 << 20;  ///< that many may be under way
    double corruption = 0;               ///< of a part: one bit is turned
};

class sim_stream {
public:
    struct part {
        std::int64_t due_ms = 0;
        std::vector<std::byte> bytes;
        bool damaged = false;  ///< its first byte is not what was written
        bool last = false;     ///< the writer has closed the stream
    };

    /// `not_before_ms`: nothing of this arrives earlier.
    void write(const std::vector<std::span<const std::byte>>& pieces, std::int64_t not_before_ms,
               const stream_faults& faults, std::mt19937_64& random);

    /// Behind all that was written.
    void close(std::int64_t not_before_ms);

    /// All that is under way is lost, and its end is all that comes.
    void reset(std::int64_t at_ms);

    /// From now on nothing arrives, not even the end.
    void vanish() { vanished_ = true; }

    bool full(const stream_faults& faults) const { return under_way_ >= faults.window_bytes; }

    /// The next part, where it has arrived by now.
    std::optional<part> arrived(std::int64_t now_ms);

    std::uint64_t bytes() const { return bytes_; }
    bool damaged() const { return damaged_; }  ///< at most once in its life

private:
    void add(std::vector<std::byte> bytes, bool damaged, std::int64_t due_ms);

    std::deque<part> parts_;
    std::size_t under_way_ = 0;
    std::int64_t last_due_ms_ = 0;
    std::uint64_t bytes_ = 0;
    bool damaged_ = false;
    bool vanished_ = false;
};

}  // namespace slackline
