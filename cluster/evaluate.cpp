#include "cluster/evaluate.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/metrics.hpp"

namespace slackline {

namespace {
constexpr std::uint64_t batch_samples = 512;
}

const parameters& batch_parameters::fetch(model& m, batch& b, const row_source& rows) {
    m.prepare(b, requests_);
    requests_.resize(layout_.tables.size());
    rows_.resize(layout_.tables.size());
    view_.tables.clear();
    for (std::size_t t = 0; t < layout_.tables.size(); ++t) {
        const auto width = layout_.tables[t].width;
        rows_[t].resize(requests_[t].size() * width);
        rows_view<const float> view{width, {}};
        for (std::size_t k = 0; k < requests_[t].size(); ++k) {
            rows(t, requests_[t][k], &rows_[t][k * width]);
            view.rows.push_back(&rows_[t][k * width]);
        }
        view_.tables.push_back(std::move(view));
    }
    return view_;
}

void predict_model(model& m, const dataset& on, const parameters& dense, const row_source& rows,
                   const prediction_sink& to) {
    const auto layout = m.layout();
    batch_parameters at(dense, layout);
    batch b;
    std::vector<std::uint64_t> samples;
    std::vector<float> out;
    for (std::uint64_t begin = 0; begin < on.size(); begin += batch_samples) {
        samples.resize(std::min(batch_samples, on.size() - begin));
        std::iota(samples.begin(), samples.end(), begin);
        on.fill(samples, b);
        const auto& p = at.fetch(m, b, rows);
        out.resize(b.size * m.outputs());
        m.predict(p, b, out);
        to(begin, b, out);
    }
}

std::vector<std::pair<std::string, double>> evaluate_model(model& m, const dataset& on,
                                                           const parameters& dense,
                                                           const row_source& rows) {
    evaluation sums(m.task(), m.outputs());
    predict_model(m, on, dense, rows,
                  [&](std::uint64_t, const batch& b, std::span<const float> out) {
                      sums.add(out, b, m.loss(out, b));
                  });
    return sums.metrics();
}

}  // namespace slackline
