// Sparse linear model: a weight for each feature id, in a table, and a bias.
//
// Logistic loss for two classes, mean squared error for a regression target. Option l2: added to
// the gradient of the touched rows, as l2 * w.
#pragma once

#include <memory>

#include "kernels/model.hpp"

namespace slackline {

std::unique_ptr<model> make_linear(model_options& options, const data_shape& shape);

}  // namespace slackline
