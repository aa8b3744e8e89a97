// From bytes to a frame, whoever sent them: refused with a sentence, never followed by a crash.
//
// A link receives in three steps: parse_header (messages/header.hpp) on 32 bytes,
// frame_body::create, which is the one place that allocates by a length from outside, and, once
// the body is filled, open_body.
// Owner and thread: values; each is used by one thread at a time.
#pragma once

#include <cstddef>
#include <span>

#include "messages/buffer_source.hpp"
#include "messages/failure.hpp"
#include "messages/frame.hpp"
#include "messages/header.hpp"

namespace slackline {

/// The memory that a frame's body arrives in.
class frame_body {
public:
    /// Exhausted where `source` has nothing to give.
    static result<frame_body> create(const frame_header& header, const buffer_source& source);

    /// In memory from a buffer_source that has room for the header and the body.
    static frame_body in(const frame_header& header, frame_memory memory);

    /// Exactly header.body_bytes long; whoever receives fills it.
    std::span<std::byte> bytes() { return bytes_; }

private:
    friend result<frame> open_body(const frame_header&, frame_body);
    frame_body(frame_memory memory, std::span<std::byte> bytes);

    frame_memory memory_;
    std::span<std::byte> bytes_;
};

/// The frame in a filled body, which it keeps: nothing is copied. Checks the checksum where there
/// is one, the segment table, the whole message (messages/validate.hpp), and that kind and era
/// are those of the header.
result<frame> open_body(const frame_header& header, frame_body body);

/// The frame that `bytes` is, copied: all three steps of receiving. A part of a frame is refused,
/// and so is more than one.
result<frame> decode(std::span<const std::byte> bytes, const frame_limits& limits,
                     const buffer_source& source);

}  // namespace slackline
