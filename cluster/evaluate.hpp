// A model's predictions and metrics on a data set.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/evaluator.hpp"
#include "cluster/data/dataset.hpp"
#include "kernels/model.hpp"

namespace slackline {

/// Parameters of one batch: dense as given, and the rows that the model wants of it.
class batch_parameters {
public:
    batch_parameters(const parameters& dense, const model_layout& layout)
        : view_(dense), layout_(layout) {}

    const parameters& fetch(model& m, batch& b, const row_source& rows);

private:
    parameters view_;
    const model_layout& layout_;
    row_requests requests_;
    std::vector<std::vector<float>> rows_;
};

/// Outputs [B, m.outputs()] of the batch of samples [begin, begin + B).
using prediction_sink =
    std::function<void(std::uint64_t begin, const batch& b, std::span<const float> out)>;

/// Predicts every sample, batch by batch, in order.
void predict_model(model& m, const dataset& on, const parameters& dense, const row_source& rows,
                   const prediction_sink& to);

std::vector<std::pair<std::string, double>> evaluate_model(model& m, const dataset& on,
                                                           const parameters& dense,
                                                           const row_source& rows);

}  // namespace slackline
