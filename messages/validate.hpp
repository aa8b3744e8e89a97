// Whether a frame from outside can be read at all.
//
// Cap'n Proto checks a message while it is read and throws where it breaks its own structure.
// This reads everything once, so that whoever reads the frame later meets no exception, and so
// that no message costs more to read than its size says: pointers that share a target, or lists
// of nothing with a huge count, are refused.
// Pure; thread: any.
#pragma once

#include <span>

#include "messages/failure.hpp"
#include "messages/frame.hpp"

namespace slackline {

/// Follows every pointer and looks at every enumeration and union. Malformed where one leads out
/// of its segment, has another type than the schema says, or has a value that is not known.
result<frame_envelope> validate(std::span<const frame_segment> segments);

}  // namespace slackline
