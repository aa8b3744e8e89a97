// mix64 against SplitMix64's published output, and as the bijection and avalanche it promises.
#include "kernels/mix.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/kernels_numbers.hpp"

using slackline::golden_gamma;
using slackline::mix64;

namespace {

/// Undoes x ^= x >> shift.
std::uint64_t unshifted(std::uint64_t y, int shift) {
    std::uint64_t x = y;
    for (int known = shift; known < 64; known += shift) x = y ^ (x >> shift);
    return x;
}

/// The number whose product with an odd one is 1 modulo 2^64, by Newton's iteration.
std::uint64_t inverse(std::uint64_t odd) {
    std::uint64_t x = odd;
    for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
    return x;
}

std::uint64_t unmixed(std::uint64_t y) {
    y = unshifted(y, 31) * inverse(0x94d049bb133111ebull);
    y = unshifted(y, 27) * inverse(0xbf58476d1ce4e5b9ull);
    return unshifted(y, 30);
}

}  // namespace

// Vigna's splitmix64.c: the state grows by golden_gamma and is mixed.
TEST_CASE("mix64 gives SplitMix64's published sequences", "[kernels]") {
    const auto sequence = [](std::uint64_t seed, std::size_t length) {
        std::vector<std::uint64_t> found;
        for (std::size_t i = 0; i < length; ++i) found.push_back(mix64(seed += golden_gamma));
        return found;
    };
    CHECK(sequence(0, 3) == std::vector<std::uint64_t>{0xe220a8397b1dcdafull, 0x6e789e6aa1b965f4ull,
                                                       0x06c45d188009454full});
    CHECK(sequence(1234567, 5) ==
          std::vector<std::uint64_t>{6457827717110365317ull, 3203168211198807973ull,
                                     9817491932198370423ull, 4593380528125082431ull,
                                     16408922859458223821ull});
}

TEST_CASE("mix64 is a bijection: its inverse leads back", "[kernels]") {
    slackline::test::numbers draw(71);
    CHECK(unmixed(mix64(0)) == 0);
    CHECK(unmixed(mix64(~0ull)) == ~0ull);
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t x = draw.bits();
        CHECK(unmixed(mix64(x)) == x);
    }
}

// Of 4000 trials a fair coin shows heads 2000 times, give or take 32: six of these are 190.
TEST_CASE("each bit of mix64's input changes each output bit half of the time", "[kernels]") {
    constexpr int trials = 4000;
    slackline::test::numbers draw(72);
    std::vector<std::uint64_t> inputs;
    for (int i = 0; i < trials; ++i) inputs.push_back(draw.bits());
    int worst = 0;
    for (int in = 0; in < 64; ++in) {
        int changed[64] = {};
        for (const std::uint64_t x : inputs) {
            const std::uint64_t differs = mix64(x) ^ mix64(x ^ (1ull << in));
            for (int out = 0; out < 64; ++out) changed[out] += static_cast<int>(differs >> out & 1);
        }
        for (const int count : changed) worst = std::max(worst, std::abs(count - trials / 2));
    }
    CHECK(worst <= 190);
}
