// Multi-layer perceptron: dense layers with one activation between them, and a loss.
//
// Options: hidden = [256, 128] (empty: a linear model), activation = "relu" | "tanh" | "sigmoid" |
// "gelu" | "identity", loss = "softmax" | "mse" | "logistic" (default: softmax for classes, mse for
// a regression target). Initial weights: normal with deviation sqrt(2 / in) for relu and gelu
// (He et al. 2015), sqrt(1 / in) otherwise; biases zero.
#pragma once

#include <memory>

#include "kernels/model.hpp"

namespace slackline {

std::unique_ptr<model> make_mlp(model_options& options, const data_shape& shape);

}  // namespace slackline
