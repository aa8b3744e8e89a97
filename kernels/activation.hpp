// Element-wise activations, in place, and their derivatives from their outputs or inputs.
//
// gelu is the tanh approximation of Hendrycks and Gimpel (2016), equation 2.
// Thread: pure; any.
#pragma once

#include <span>
#include <string>

namespace slackline {

enum class activation_kind { identity, relu, tanh, sigmoid, gelu };

/// Throws std::invalid_argument, naming the known ones.
activation_kind activation_from(const std::string& name);

/// Does the derivative need the input z (gelu), or is the output y enough (all others)?
bool needs_input(activation_kind kind);

/// y[i] = f(z[i]); y and z may be the same.
void activate(activation_kind kind, std::span<const float> z, std::span<float> y);

/// d[i] = d[i] * f'(z[i]), from y = f(z), or from z where needs_input.
void activate_backward(activation_kind kind, std::span<const float> y_or_z, std::span<float> d);

}  // namespace slackline
