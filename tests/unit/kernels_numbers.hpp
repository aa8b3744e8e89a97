// Numbers for the tests of kernels/: drawn from a named seed, alike on every machine.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace slackline::test {

/// Half the distance from 1 to the next float: the largest relative error of one rounding.
constexpr double rounding = 0x1p-24;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// The standard library's distributions differ between implementations; its engine does not.
class numbers {
public:
    explicit numbers(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t bits() { return engine_(); }

    /// In [low, high).
    float between(double low, double high) {
        const double unit = static_cast<double>(engine_() >> 11) * 0x1p-53;
        return static_cast<float>(low + (high - low) * unit);
    }

    /// In [0, n).
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }

    std::vector<float> many(std::size_t n, double low = -1, double high = 1) {
        std::vector<float> drawn(n);
        for (auto& x : drawn) x = between(low, high);
        return drawn;
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace slackline::test
