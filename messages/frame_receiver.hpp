// A stream of bytes, cut into frames: the receiving half of a connection, without its socket.
//
// It says where the next bytes go, so that a body lands where it is used and no payload is copied.
// While a header is awaited it offers room for a body behind it, as long as bodies were last: where
// that comes true, a message arrives with one system call. What does not come true is copied to its
// place, and counted.
// Owner and thread: a connection; one thread at a time.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "messages/decode.hpp"

namespace slackline {

class frame_receiver {
public:
    /// `bodies_expected_bytes`: offered as room for a body before its length is known.
    frame_receiver(frame_limits limits, buffer_source source, std::size_t bodies_expected_bytes);

    void set_limits(const frame_limits& limits) { limits_ = limits; }

    /// Where the next bytes of the stream belong, in this order; the first is never empty.
    std::array<std::span<std::byte>, 2> room();

    /// `n` bytes were put into room(). Frames that are complete now are added to `to`. After an
    /// error nothing more can be read of this stream.
    result<void> took(std::size_t n, std::vector<frame>& to);

    /// Bytes of bodies that did not arrive in their place.
    std::uint64_t copied_bytes() const { return copied_bytes_; }

private:
    result<void> begin_body(std::size_t there, std::vector<frame>& to);
    result<void> body_grew(std::vector<frame>& to);
    result<void> swallow(std::span<const std::byte> more, std::vector<frame>& to);
    void expect(std::size_t body_bytes);

    frame_limits limits_;
    buffer_source source_;
    std::size_t expected_bytes_;  ///< room offered for the next body; 0: none
    std::size_t expected_least_bytes_;
    std::size_t last_bytes_ = 0;  ///< of the last body
    frame_header_block header_bytes_{};
    std::size_t header_have_ = 0;
    frame_memory ahead_;  ///< room for a body whose header is not complete
    std::optional<frame_header> header_;
    std::optional<frame_body> body_;
    std::size_t body_have_ = 0;
    std::uint64_t copied_bytes_ = 0;
};

}  // namespace slackline
