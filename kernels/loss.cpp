#include "kernels/loss.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace slackline {

loss_kind loss_from(const std::string& name) {
    if (name == "softmax") return loss_kind::softmax;
    if (name == "mse") return loss_kind::mse;
    if (name == "logistic") return loss_kind::logistic;
    throw std::invalid_argument("there is no loss '" + name + "'; use softmax, mse or logistic");
}

double softmax_loss(std::span<const float> scores, std::span<const std::int32_t> labels,
                    std::size_t classes, std::span<float> d) {
    const auto n = labels.size();
    const float scale = 1.0f / static_cast<float>(n);
    double sum_loss = 0;
    for (std::size_t b = 0; b < n; ++b) {
        const auto row = scores.subspan(b * classes, classes);
        const auto label = static_cast<std::size_t>(labels[b]);
        const float top = *std::max_element(row.begin(), row.end());
        double sum = 0;
        for (const float s : row) sum += std::exp(static_cast<double>(s - top));
        sum_loss += std::log(sum) - (static_cast<double>(row[label]) - static_cast<double>(top));
        if (d.empty()) continue;
        const auto inverse = static_cast<float>(1.0 / sum);
        for (std::size_t c = 0; c < classes; ++c)
            d[b * classes + c] =
                (std::exp(row[c] - top) * inverse - (c == label ? 1.0f : 0.0f)) * scale;
    }
    return sum_loss / static_cast<double>(n);
}

double mse_loss(std::span<const float> outputs, std::span<const float> targets,
                std::span<float> d) {
    const auto n = outputs.size();
    const float scale = 2.0f / static_cast<float>(n);
    double sum = 0;
    for (std::size_t b = 0; b < n; ++b) {
        const float error = outputs[b] - targets[b];
        sum += static_cast<double>(error) * error;
        if (!d.empty()) d[b] = scale * error;
    }
    return sum / static_cast<double>(n);
}

double logistic_loss(std::span<const float> logits, std::span<const std::int32_t> labels,
                     std::span<float> d) {
    const auto n = logits.size();
    const float scale = 1.0f / static_cast<float>(n);
    double sum = 0;
    for (std::size_t b = 0; b < n; ++b) {
        const double z = labels[b] > 0 ? logits[b] : -logits[b];
        const double e = std::exp(-std::fabs(z));
        sum += std::log1p(e) + (z < 0 ? -z : 0.0);
        if (d.empty()) continue;
        const double wrong = z < 0 ? 1.0 / (1.0 + e) : e / (1.0 + e);  // 1 - sigmoid(z)
        d[b] = static_cast<float>(labels[b] > 0 ? -wrong : wrong) * scale;
    }
    return sum / static_cast<double>(n);
}

}  // namespace slackline
