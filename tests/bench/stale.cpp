// What staleness alone does to training, with no servers, threads or sockets: Adam on drawn digits,
// as in examples/demo.toml, by gradients that are computed on parameters of a fixed number of
// updates ago.
#include <fmt/format.h>

#include <cmath>
#include <deque>

#include "actors/item_plan.hpp"
#include "actors/schedule.hpp"
#include "cluster/data/drawn_digits.hpp"
#include "cluster/evaluate.hpp"
#include "kernels/mlp.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/plain_parameters.hpp"

namespace slackline::bench {

namespace {

constexpr std::uint64_t train_samples = 20'000;
constexpr std::uint64_t test_samples = 4'000;
constexpr std::uint64_t items_a_look = 39;  // eight looks an epoch
constexpr std::uint64_t settled_epochs = 3;

struct accuracies {
    double lowest_settled = 1;
    double last = 0;
};

accuracies train(std::size_t staleness, std::uint64_t epochs, std::uint64_t seed) {
    const auto data = draw_digits(seed, 0, train_samples);
    const auto test = draw_digits(seed, train_samples, test_samples);
    model_options options;
    const auto m = make_mlp(options, data->shape());
    const item_plan plan{train_samples, 64, epochs, seed};
    schedule rate;
    rate.kind = schedule_kind::cosine;
    rate.rate = 0.001;
    rate.items_total = plan.items_total();
    optimizer_settings adam;
    adam.kind = optimizer_kind::adam;
    plain_parameters at(m->layout(), seed, adam);
    const auto view = [&](const std::vector<float>& values) {
        return at.map().view<const float>({values.data()});
    };
    std::vector<float> gradient(at.values().size());
    std::vector<std::uint64_t> samples;
    std::deque<std::vector<float>> versions;
    batch b;
    accuracies found;
    for (item_id item = 0; item < plan.items_total(); ++item) {
        versions.emplace_back(at.values().data(), at.values().data() + at.values().size());
        if (versions.size() > staleness + 1) versions.pop_front();
        plan.samples_of(item, samples);
        data->fill(samples, b);
        m->gradient(view(versions.front()), b, at.map().view<float>({gradient.data()}));
        at.step(gradient.data(), static_cast<float>(learning_rate(rate, item)));
        if ((item + 1) % items_a_look != 0) continue;
        const std::vector<float> now(at.values().data(), at.values().data() + at.values().size());
        for (const auto& [name, value] : evaluate_model(*m, *test, view(now), {}))
            if (name == "accuracy") found.last = value;
        if (plan.epoch_of(item) >= settled_epochs)
            found.lowest_settled = std::min(found.lowest_settled, found.last);
    }
    return found;
}

}  // namespace

void stale(report& to, const settings& s) {
    to.begin("stale", "what staleness alone does to the demo's training: no servers, one thread");
    const auto epochs =
        static_cast<std::uint64_t>(std::clamp(std::lround(13 * s.round_s), 1l, 16l));
    for (const std::size_t staleness : {0, 3, 8}) {
        std::vector<double> lowest, last;
        for (unsigned round = 0; round < s.rounds; ++round) {
            const auto found = train(staleness, epochs, 1 + round);
            lowest.push_back(100 * found.lowest_settled);
            last.push_back(100 * found.last);
        }
        to.section(fmt::format("every gradient {} updates old, a seed a round", staleness));
        to.add(fmt::format("lowest accuracy after {} epochs", settled_epochs), "%", lowest);
        to.add("accuracy at the end", "%", last);
    }
}

}  // namespace slackline::bench
