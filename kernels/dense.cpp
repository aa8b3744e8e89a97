#include "kernels/dense.hpp"

#include <algorithm>

#include "kernels/gemm.hpp"

namespace slackline {

void dense_forward(std::size_t batch, const float* x, const tensor_view<const float>& weight,
                   const tensor_view<const float>& bias, float* y) {
    const std::size_t in = weight.rows;
    const std::size_t out = weight.width;
    for (const auto& s : bias.segments)
        for (std::size_t b = 0; b < batch; ++b)
            std::copy_n(s.data, s.row_end - s.row_begin, y + b * out + s.row_begin);
    for (const auto& s : weight.segments)
        gemm(batch, out, s.row_end - s.row_begin, {x + s.row_begin, in, false},
             {s.data, out, false}, 1.0f, y, out);
}

void dense_backward(std::size_t batch, const float* x, const tensor_view<const float>& weight,
                    const float* dy, const tensor_view<float>& d_weight,
                    const tensor_view<float>& d_bias, float* dx) {
    const std::size_t in = weight.rows;
    const std::size_t out = weight.width;
    for (const auto& s : d_weight.segments)
        gemm(s.row_end - s.row_begin, out, batch, {x + s.row_begin, in, true}, {dy, out, false},
             0.0f, s.data, out);
    for (const auto& s : d_bias.segments) {
        const std::size_t n = s.row_end - s.row_begin;
        std::copy_n(dy + s.row_begin, n, s.data);
        for (std::size_t b = 1; b < batch; ++b)
            for (std::size_t i = 0; i < n; ++i) s.data[i] += dy[b * out + s.row_begin + i];
    }
    if (dx == nullptr) return;
    for (const auto& s : weight.segments)
        gemm(batch, s.row_end - s.row_begin, out, {dy, out, false}, {s.data, out, true}, 0.0f,
             dx + s.row_begin, in);
}

}  // namespace slackline
