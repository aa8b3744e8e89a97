#include "kernels/layout.hpp"

#include "kernels/mix.hpp"
#include "kernels/normal_quantile.hpp"

namespace slackline {

namespace {

std::uint64_t random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
    const std::uint64_t key = mix64(mix64(seed + golden_gamma) + stream);
    return mix64(key + (index + 1) * golden_gamma);
}

/// A multiple of 2^-24 in [0, 1).
float unit_float(std::uint64_t bits) {
    return static_cast<float>(bits >> 40) * 0x1p-24f;
}

/// The middle of one of 2^52 equal cells of (0, 1).
double open_unit(std::uint64_t bits) {
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

}  // namespace

float initial_value(const init_rule& rule, std::uint64_t seed, std::uint64_t stream,
                    std::uint64_t index) {
    switch (rule.kind) {
        case init_kind::zero:
            return 0;
        case init_kind::uniform:
            return rule.scale * (2 * unit_float(random_bits(seed, stream, index)) - 1);
        case init_kind::normal:
            return rule.scale *
                   static_cast<float>(normal_quantile(open_unit(random_bits(seed, stream, index))));
    }
    return 0;
}

}  // namespace slackline
