// A frame inside another one: passed on as it was taken in, uncopied.
//
// Thread: as frames.
#pragma once

#include "messages/failure.hpp"
#include "messages/frame.hpp"

namespace slackline {

/// Puts `f` into the message that `b` builds, at `to`.
void pass_on(frame_builder& b, wire::Passed::Builder to, const frame& f);

/// Reads one that came in `outer`, whose memory it keeps. Malformed as any frame from outside.
result<frame> passed(const frame& outer, wire::Passed::Reader from);

}  // namespace slackline
