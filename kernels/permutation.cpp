#include "kernels/permutation.hpp"

#include <bit>
#include <cassert>

#include "kernels/mix.hpp"

namespace slackline {

permutation::permutation(std::uint64_t seed, std::uint64_t epoch, std::uint64_t n) : n_(n) {
    assert(n >= 1);
    const auto bits = static_cast<unsigned>(std::bit_width(n - 1));
    half_bits_ = bits < 2 ? 1 : (bits + 1) / 2;
    std::uint64_t state = mix64(mix64(seed + golden_gamma) + epoch + golden_gamma);
    for (auto& key : keys_) key = mix64(state += golden_gamma);
}

std::uint64_t permutation::operator()(std::uint64_t place) const {
    assert(place < n_);
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    do {
        std::uint64_t left = place >> half_bits_;
        std::uint64_t right = place & mask;
        for (const auto key : keys_) {
            const std::uint64_t next = left ^ (mix64(right + key) & mask);
            left = right;
            right = next;
        }
        place = (left << half_bits_) | right;
    } while (place >= n_);
    return place;
}

}  // namespace slackline
