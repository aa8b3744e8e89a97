// Fixed-width integers as they stand in frames and files: little-endian, at any alignment.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>

namespace slackline {

static_assert(std::endian::native == std::endian::little,
              "payloads are sent as they lie in memory");

template <std::unsigned_integral T>
T load_little_endian(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

template <std::unsigned_integral T>
void store_little_endian(std::byte* at, T value) {
    std::memcpy(at, &value, sizeof value);
}

}  // namespace slackline
