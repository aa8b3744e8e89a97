#include "messages/crc32c.hpp"

#include <isa-l/crc.h>

#include <algorithm>

namespace slackline {

std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t seed) {
    constexpr std::size_t step_bytes_max = 1u << 30;  // the library counts in int
    std::uint32_t state = ~seed;
    while (!data.empty()) {
        const std::size_t step = std::min(data.size(), step_bytes_max);
        // The library's parameter lacks a const; it only reads.
        auto* at = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(data.data()));
        state = crc32_iscsi(at, static_cast<int>(step), state);
        data = data.subspan(step);
    }
    return ~state;
}

}  // namespace slackline
