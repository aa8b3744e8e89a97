#include "kernels/parameters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace slackline {

namespace {

/// Calls f(data, floats) for each stretch of memory, in order.
template <class F>
void for_each_stretch(const gradients& g, F f) {
    for (const auto& tensor : g.tensors)
        for (const auto& s : tensor.segments) f(s.data, (s.row_end - s.row_begin) * tensor.width);
    for (const auto& table : g.tables)
        for (float* row : table.rows) f(row, table.width);
}

}  // namespace

// Eight sums, of the elements 0, 8, 16 ...; 1, 9 ...; and so on; then their sum in order.
double squared_norm(const float* data, std::size_t n) {
    constexpr std::size_t lanes = 8;
    std::array<double, lanes> sums{};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        for (std::size_t k = 0; k < lanes; ++k) {
            const double v = data[i + k];
            sums[k] += v * v;
        }
    for (std::size_t k = 0; i + k < n; ++k) {
        const double v = data[i + k];
        sums[k] += v * v;
    }
    double total = 0;
    for (const double s : sums) total += s;
    return total;
}

// An exponent of ones, and one more, is the sign's bit.
bool all_finite(const float* data, std::size_t n) {
    constexpr std::uint32_t exponent = 0x7f80'0000, one = 0x0080'0000, sign = 0x8000'0000;
    std::uint32_t found = 0;
    for (std::size_t i = 0; i < n; ++i)
        found |= (std::bit_cast<std::uint32_t>(data[i]) & exponent) + one;
    return (found & sign) == 0;
}

void fill_zero(const gradients& g) {
    for_each_stretch(g, [](float* data, std::size_t n) { std::fill_n(data, n, 0.0f); });
}

double squared_norm(const gradients& g) {
    double total = 0;
    for_each_stretch(g, [&](const float* data, std::size_t n) { total += squared_norm(data, n); });
    return total;
}

}  // namespace slackline
