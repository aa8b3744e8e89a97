// Losses, fused with their gradients; means over the batch; stable for any finite input.
//
// Thread: pure; any.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace slackline {

enum class loss_kind { softmax, mse, logistic };

/// Throws std::invalid_argument, naming the known ones.
loss_kind loss_from(const std::string& name);

/// Softmax with cross-entropy. scores [B, classes]; labels [B], each in [0, classes).
/// d [B, classes] receives the gradient of the mean loss; empty: loss only.
double softmax_loss(std::span<const float> scores, std::span<const std::int32_t> labels,
                    std::size_t classes, std::span<float> d);

/// The plain mean of (y - target)^2. outputs, targets, d [B].
double mse_loss(std::span<const float> outputs, std::span<const float> targets, std::span<float> d);

/// log(1 + exp(-+logit)) for labels 1 and 0. logits, labels, d [B].
double logistic_loss(std::span<const float> logits, std::span<const std::int32_t> labels,
                     std::span<float> d);

}  // namespace slackline
