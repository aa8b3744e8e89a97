// What the servers cost: the same training step alone, as Hogwild, and through Slackline.
#include <fmt/format.h>

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

std::vector<double> ratios(const variant& ours, const variant& base) {
    std::vector<double> r;
    for (std::size_t i = 0; i < ours.rounds.size(); ++i)
        r.push_back(ours.rounds[i].samples_per_s(1) / base.rounds[i].samples_per_s(1));
    return r;
}

void tell(report& to, const variant& v, std::uint64_t batch) {
    std::vector<double> rates, cpu, others;
    for (const auto& r : v.rounds) {
        rates.push_back(r.samples_per_s(batch));
        cpu.push_back(r.cpu_us_an_item());
        others.push_back(r.use.others);
    }
    to.section(v.name);
    to.add("rate", "samples/s", rates);
    to.add("processor time an item", "us", cpu);
    to.add("processors that others used", "", others);
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
    to.add("c / a", "", ratios(c, a), 0.90);
    to.add("d / b", "", ratios(d, b), 0.80);
}

}  // namespace slackline::bench
