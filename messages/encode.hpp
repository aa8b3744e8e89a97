// From a frame in memory to its bytes: a header (messages/header.hpp), then the standard stream
// framing of Cap'n Proto, where every payload starts at a multiple of 64 bytes from the frame's
// first byte. docs/formats.md has the grammar and an example.
//
// A link sends the pieces in one scatter-gather write.
// Owner and thread: a value, used by one thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "messages/failure.hpp"
#include "messages/frame.hpp"

namespace slackline {

enum class checksum { absent, present };

/// The bytes of one frame, in pieces: its own header and pads, and the frame's memory, uncopied.
class encoded_frame {
public:
    encoded_frame(encoded_frame&&) = default;
    encoded_frame& operator=(encoded_frame&&) = default;

    std::span<const std::span<const std::byte>> pieces() const { return pieces_; }
    std::size_t size_bytes() const;

private:
    friend result<encoded_frame> encode(const frame&, checksum);
    encoded_frame() = default;

    frame frame_;                   // keeps what the pieces refer to
    std::vector<std::byte> front_;  // header and segment table
    std::vector<std::span<const std::byte>> pieces_;
};

/// Exhausted where the frame has too many or too large segments.
result<encoded_frame> encode(const frame& f, checksum body);

}  // namespace slackline
