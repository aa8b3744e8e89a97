// Items a second through the sequencer's core alone: each worker commits what it was granted, in
// the order of the grants; no frames, no actors, no gradients.
#include <fmt/format.h>

#include <deque>
#include <stdexcept>

#include "actors/sequencer.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/timing.hpp"

namespace slackline::bench {

namespace {

class workload {
public:
    workload(std::uint32_t workers, std::optional<std::uint32_t> staleness, std::uint64_t items)
        : items_(items), core_(rules(staleness, items), {}) {
        for (std::uint32_t w = 0; w < workers; ++w) take(core_.join({w, 1}, 0));
    }

    void run() {
        for (std::int64_t now_ms = 1; !granted_.empty(); ++now_ms) {
            const grant g = granted_.front();
            granted_.pop_front();
            take(core_.committed({g.to, g.item, g.floor, 1.0, 2, 1}, now_ms));
        }
        if (applied_ != items_ || !core_.finished())
            throw std::runtime_error(
                fmt::format("the sequencer ordered {} of {} items", applied_, items_));
    }

private:
    static sequencer_settings rules(std::optional<std::uint32_t> staleness, std::uint64_t items) {
        sequencer_settings s;
        s.consistency.staleness = staleness;
        s.items_total = items;
        s.items_per_epoch = items;
        s.scalars = [](std::uint64_t, std::uint64_t) { return step_scalars{}; };
        return s;
    }

    void take(const effects& todo) {
        for (const auto& e : todo) {
            if (const auto* g = std::get_if<grant>(&e)) granted_.push_back(*g);
            const auto* placed = std::get_if<placed_record>(&e);
            if (placed == nullptr) continue;
            if (const auto* a = std::get_if<apply_record>(&placed->body))
                applied_ += a->items.size();
        }
    }

    std::uint64_t items_;
    std::uint64_t applied_ = 0;
    std::deque<grant> granted_;
    sequencer core_;
};

void measure(report& to, const settings& s, std::uint32_t workers,
             std::optional<std::uint32_t> staleness) {
    std::uint64_t items = 1000;
    const auto seconds = [&] {
        return seconds_a_call(0, [&] { workload(workers, staleness, items).run(); });
    };
    for (; seconds() < s.round_s / 8; items *= 2) {
    }
    std::vector<double> rates;
    for (unsigned r = 0; r < s.rounds; ++r) rates.push_back(static_cast<double>(items) / seconds());
    to.add(fmt::format("{} workers, {}", workers,
                       staleness ? fmt::format("staleness {}", *staleness) : "no bound"),
           "items/s", rates);
}

}  // namespace

void order(report& to, const settings& s) {
    to.begin("order", "the sequencer's core alone, window 2, one thread");
    for (const std::uint32_t workers : {1u, 2u, 8u, 64u}) {
        measure(to, s, workers, {});
        measure(to, s, workers, 8);
        if (2 * workers > 8) measure(to, s, workers, 2 * workers);
    }
}

}  // namespace slackline::bench
