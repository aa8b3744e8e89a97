#include "kernels/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slackline {

// Mann and Whitney's statistic: the sum of the positives' ranks, ties at their mean rank.
double area_under_roc(std::span<const std::pair<float, bool>> scored) {
    std::vector<std::pair<float, bool>> sorted(scored.begin(), scored.end());
    for (auto& s : sorted)
        if (std::isnan(s.first)) s.first = -std::numeric_limits<float>::infinity();
    std::sort(sorted.begin(), sorted.end());
    double rank_sum = 0;
    double positives = 0;
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t end = i;
        double tied_positives = 0;
        for (; end < sorted.size() && sorted[end].first == sorted[i].first; ++end)
            tied_positives += sorted[end].second ? 1 : 0;
        rank_sum += tied_positives * (static_cast<double>(i + end + 1) / 2);
        positives += tied_positives;
        i = end;
    }
    const double negatives = static_cast<double>(sorted.size()) - positives;
    if (positives == 0 || negatives == 0) return 0.5;
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

void evaluation::add(std::span<const float> out, const batch& b, double mean_loss) {
    samples_ += b.size;
    loss_sum_ += mean_loss * static_cast<double>(b.size);
    for (std::size_t s = 0; s < b.size; ++s) {
        const auto row = out.subspan(s * outputs_, outputs_);
        if (task_ == task::classification) {
            const auto best = std::max_element(row.begin(), row.end()) - row.begin();
            correct_ += best == b.labels[s] ? 1 : 0;
        } else if (task_ == task::binary) {
            correct_ += (row[0] > 0) == (b.labels[s] > 0) ? 1 : 0;
            scored_.emplace_back(row[0], b.labels[s] > 0);
        } else {
            const double error = row[0] - b.targets[s];
            squared_sum_ += error * error;
        }
    }
}

std::vector<std::pair<std::string, double>> evaluation::metrics() const {
    const double n = std::max<double>(1, static_cast<double>(samples_));
    std::vector<std::pair<std::string, double>> m{{"loss", loss_sum_ / n}};
    if (task_ == task::regression)
        m.emplace_back("mse", squared_sum_ / n);
    else
        m.emplace_back("accuracy", static_cast<double>(correct_) / n);
    if (task_ == task::binary) m.emplace_back("auc", area_under_roc(scored_));
    return m;
}

}  // namespace slackline
