// Where the bytes of an arriving frame go: memory that the receiver chooses.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace slackline {

/// Payloads start at a multiple of this many bytes.
constexpr std::size_t buffer_alignment_bytes = 64;

using frame_memory = std::shared_ptr<std::byte[]>;

/// Gives memory for at least `bytes` bytes, aligned to buffer_alignment_bytes and with any
/// content, or null where there is none to give.
using buffer_source = std::function<frame_memory(std::size_t bytes)>;

/// A buffer_source: memory from the heap, not cleared.
frame_memory heap_buffer(std::size_t bytes);

}  // namespace slackline
