// A dense layer y = x W + b on parameters as they lie: one product a segment of W, no copies.
//
// Shapes: x [B, in], W [in, out], b [out], y [B, out]; row-major. Thread: pure; any.
#pragma once

#include <span>

#include "kernels/parameters.hpp"

namespace slackline {

/// Writes y.
void dense_forward(std::size_t batch, const float* x, const tensor_view<const float>& weight,
                   const tensor_view<const float>& bias, float* y);

/// Writes dW and db; and dx [B, in] unless it is null.
void dense_backward(std::size_t batch, const float* x, const tensor_view<const float>& weight,
                    const float* dy, const tensor_view<float>& d_weight,
                    const tensor_view<float>& d_bias, float* dx);

}  // namespace slackline
