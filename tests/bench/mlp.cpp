// What the servers cost: the same training step alone, as Hogwild, and through Slackline.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/mlp_work.hpp"

namespace slackline::bench {

namespace {

struct variant {
    std::string name;
    std::uint64_t items;
    std::function<mlp_sample(std::uint64_t items)> run;
    std::vector<mlp_sample> rounds = {};
};

// A pair that is compared runs back to back; which comes first alternates from round to round.
void run_round(unsigned round, variant& base, variant& ours) {
    auto* first = round % 2 == 0 ? &base : &ours;
    auto* second = round % 2 == 0 ? &ours : &base;
    first->rounds.push_back(first->run(first->items));
    second->rounds.push_back(second->run(second->items));
}

double rate(const mlp_sample& s) {
    return s.samples_per_s(1);
}

double items_a_processor_s(const mlp_sample& s) {
    return 1 / s.an_item(s.use.own_s);
}

std::vector<double> ratios(const variant& ours, const variant& base,
                           double (*figure)(const mlp_sample&)) {
    std::vector<double> r;
    for (std::size_t i = 0; i < ours.rounds.size(); ++i)
        r.push_back(figure(ours.rounds[i]) / figure(base.rounds[i]));
    return r;
}

/// Above this many processors in use by others, rates compare luck with luck.
constexpr double others_max = 0.1;

double others_worst(std::initializer_list<const variant*> all) {
    double worst = 0;
    for (const auto* v : all)
        for (const auto& r : v->rounds) worst = std::max(worst, r.use.others);
    return worst;
}

void tell(report& to, const variant& v, std::uint64_t batch) {
    const auto each = [&](auto figure) {
        std::vector<double> rounds;
        for (const auto& r : v.rounds) rounds.push_back(figure(r));
        return rounds;
    };
    using sample = const mlp_sample&;
    to.section(v.name);
    to.add("rate", "samples/s", each([&](sample r) { return r.samples_per_s(batch); }));
    to.add("an item: processor time", "us",
           each([](sample r) { return r.an_item(r.use.own_s * 1e6); }));
    to.add("an item: sleeps of a thread", "",
           each([](sample r) { return r.an_item(r.use.sleeps); }));
    to.add("an item: page faults", "", each([](sample r) { return r.an_item(r.use.faults); }));
    to.add("an item: frames between actors", "",
           each([](sample r) { return r.an_item(static_cast<double>(r.frames)); }));
    to.add("processors that others used", "", each([](sample r) { return r.use.others; }));
}

}  // namespace

void mlp(report& to, const settings& s) {
    const auto work = make_mlp_work(s.optimizer);
    to.begin("mlp", fmt::format("MLP 784-256-128-10, batch 64, images in memory, {}, bounded "
                                "staleness 8; {} rounds of about {} s, interleaved",
                                to_string(s.optimizer), s.rounds, s.round_s));
    const auto trial = mlp_alone(work, warm_items);
    const auto items = static_cast<std::uint64_t>(s.round_s * trial.samples_per_s(1)) + 1;
    variant a{"a  one thread, no servers", items, [&](auto n) { return mlp_alone(work, n); }};
    variant b{"b  Hogwild, 2 threads", 2 * items, [&](auto n) { return mlp_hogwild(work, n, 2); }};
    variant c{"c  1 worker, 1 shard", items, [&](auto n) { return mlp_slackline(work, n, 1, 1); }};
    variant d{"d  2 workers, 2 shards", 2 * items,
              [&](auto n) { return mlp_slackline(work, n, 2, 2); }};
    for (unsigned r = 0; r < s.rounds; ++r) {
        run_round(r, a, c);
        run_round(r, b, d);
    }
    for (const auto* v : {&a, &b, &c, &d}) tell(to, *v, work.plan.batch);
    to.section("side by side, round by round");
    to.add("c / a, rate", "", ratios(c, a, rate), 0.90);
    to.add("d / b, rate", "", ratios(d, b, rate), 0.80);
    to.add("c / a, items a processor second", "", ratios(c, a, items_a_processor_s));
    to.add("d / b, items a processor second", "", ratios(d, b, items_a_processor_s));
    if (const double others = others_worst({&a, &b, &c, &d}); others > others_max)
        to.note(
            fmt::format("others used up to {:.2f} processors meanwhile: these rates say little; "
                        "measure again on an idle machine",
                        others));
}

}  // namespace slackline::bench
