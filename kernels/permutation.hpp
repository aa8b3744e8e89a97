// A random-access pseudo-random permutation: which sample stands at which place of an epoch.
//
// Algorithm: a four-round Feistel network over the smallest even-bit domain that holds n, walked
// until it lands below n (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
// Pure: (seed, epoch, n, place) fix the sample. Thread: any.
#pragma once

#include <cstdint>

namespace slackline {

class permutation {
public:
    /// n >= 1 places.
    permutation(std::uint64_t seed, std::uint64_t epoch, std::uint64_t n);

    /// The sample at `place` < n; a bijection on [0, n).
    std::uint64_t operator()(std::uint64_t place) const;

private:
    std::uint64_t keys_[4];
    std::uint64_t n_;
    unsigned half_bits_;
};

}  // namespace slackline
