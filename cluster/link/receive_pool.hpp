// Memory for arriving frames, used again: large buffers fresh from the system cost a page fault
// every 4 KiB.
//
// Thread-safe: a buffer returns from whichever thread lets go of it last. The pool may be gone
// before its buffers.
#pragma once

#include <cstddef>

#include "messages/buffer_source.hpp"

namespace slackline {

/// A buffer_source that keeps what comes back, up to so many bytes, and gives it again where it is
/// not more than twice as large as what is wanted.
buffer_source make_receive_pool(std::size_t idle_bytes_max);

}  // namespace slackline
