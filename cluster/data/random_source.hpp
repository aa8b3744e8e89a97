// Counter-based uniform numbers: a pure function of (seed, sequence, how many were drawn before),
// equal on every machine.
#pragma once

#include <cstdint>

#include "kernels/mix.hpp"

namespace slackline {

class random_source {
public:
    random_source(std::uint64_t seed, std::uint64_t sequence)
        : state_(mix64(mix64(seed + golden_gamma) + golden_gamma * (sequence + 1))) {}

    /// In [0, 1).
    double uniform() {
        return static_cast<double>(mix64(state_ += golden_gamma) >> 11) * 0x1.0p-53;
    }
    double between(double low, double high) { return low + (high - low) * uniform(); }
    bool chance(double probability) { return uniform() < probability; }

private:
    std::uint64_t state_;
};

}  // namespace slackline
