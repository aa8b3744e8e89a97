#include "messages/buffer_source.hpp"

#include <cstdint>
#include <cstdlib>

namespace slackline {

frame_memory heap_buffer(std::size_t bytes) {
    constexpr std::size_t step = buffer_alignment_bytes;
    if (bytes > SIZE_MAX - step) return nullptr;
    const std::size_t rounded = (bytes + step - 1) / step * step;
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(step, rounded));
    if (memory == nullptr) return nullptr;
    return frame_memory(memory, [](std::byte* p) { std::free(p); });
}

}  // namespace slackline
