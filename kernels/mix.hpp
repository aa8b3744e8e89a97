// A mixing of 64 bits in which every input bit changes every output bit about half of the time.
//
// Algorithm: the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom
// Number Generators", 2014; constants: Stafford's variant 13). A bijection. Thread: any.
#pragma once

#include <cstdint>

namespace slackline {

/// SplitMix64's increment: 2^64 divided by the golden ratio, odd.
constexpr std::uint64_t golden_gamma = 0x9e3779b97f4a7c15ull;

constexpr std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

}  // namespace slackline
