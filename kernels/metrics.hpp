// What a model's outputs are worth on held-out data: loss, accuracy, AUC, mean squared error.
//
// Owner and thread: one evaluation, one thread.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/model.hpp"

namespace slackline {

/// Area under the ROC curve, exact; equal scores count half, and one that is no number is the
/// lowest. 0.5 when a class is missing.
double area_under_roc(std::span<const std::pair<float, bool>> scored);

class evaluation {
public:
    evaluation(task what, std::size_t outputs) : task_(what), outputs_(outputs) {}

    /// Outputs [B, outputs] of one batch and their mean loss.
    void add(std::span<const float> out, const batch& b, double mean_loss);

    /// "loss", then "accuracy" (classes), "auc" (binary) or "mse" (regression).
    std::vector<std::pair<std::string, double>> metrics() const;

private:
    task task_;
    std::size_t outputs_;
    std::size_t samples_ = 0;
    std::size_t correct_ = 0;
    double loss_sum_ = 0;
    double squared_sum_ = 0;
    std::vector<std::pair<float, bool>> scored_;
};

}  // namespace slackline
