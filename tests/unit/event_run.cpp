#include "tests/unit/event_run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace slackline {

namespace {

sequencer_settings settings_for(const consistency_settings& rules, std::uint64_t items) {
    sequencer_settings s;
    s.consistency = rules;
    s.items_total = items;
    s.items_per_epoch = items;
    s.scalars = [](std::uint64_t, std::uint64_t) { return step_scalars{0.1f, 1, 1}; };
    return s;
}

}  // namespace

event_run::event_run(const consistency_settings& rules, const published::world& world)
    : world_(world), core_(settings_for(rules, world.items), {}), workers_(world.workers) {}

void event_run::violate(const std::string& what) {
    if (violation_.empty()) violation_ = what;
}

void event_run::take(const effects& todo) {
    for (const auto& e : todo) std::visit([&](const auto& x) { take(x); }, e);
}

void event_run::take(const grant& g) {
    if (g.floor != seen_.updates.size()) violate("a floor is not the count");
    if (!leased_.insert(g.item).second || acknowledged_.contains(g.item) || skips_.contains(g.item))
        violate(fmt::format("item {} is leased twice, or closed and leased", g.item));
    dropped_.erase(g.item);
    const published::gradient what{g.item, g.to.worker, g.floor};
    begun_[g.item] = what;
    workers_[g.to.worker].queue.push_back({what, g.lease});
}

void event_run::take(const reply& r) {
    switch (r.what) {
        case answer::first:
            if (!acknowledged_.insert(r.item).second) violate("an item has two first commits");
            return;
        case answer::skipped:
            if (!skips_.contains(r.item) || !dropped_.contains(r.item))
                violate(fmt::format("item {} is refused, not skipped or not dropped", r.item));
            seen_.ignored.push_back({begun_[r.item], seen_.updates.size()});
            return;
        case answer::recompute:
            if (!dropped_.contains(r.item)) violate("a refused gradient is not dropped");
            seen_.ignored.push_back({begun_[r.item], seen_.updates.size()});
            ++recomputed_;
            return;
        default:
            violate(fmt::format("item {} is answered as if a message was lost", r.item));
    }
}

void event_run::take(const cancel& c) {
    auto& w = workers_[c.to.worker];
    const auto at = std::find_if(w.queue.begin(), w.queue.end(),
                                 [&](const job& j) { return j.lease == c.lease; });
    if (at == w.queue.end()) return violate("what nobody computes is cancelled");
    seen_.stopped.push_back({at->what, seen_.updates.size()});
    if (at == w.queue.begin()) w.computes = false;
    leased_.erase(c.item);
    w.queue.erase(at);
}

void event_run::take(const placed_record& p) {
    if (p.position != position_++) violate("positions are not dense");
    std::visit([&](const auto& r) { take(r); }, p.body);
}

void event_run::take(const apply_record& r) {
    if (r.count != seen_.updates.size() + 1) violate("counts are not dense");
    if (r.divisor != static_cast<float>(r.items.size())) violate("the divisor is not the number");
    std::vector<published::gradient> update;
    for (const auto& i : r.items) {
        update.push_back({i.item, i.from.worker, i.base});
        if (!acknowledged_.contains(i.item)) violate("an update holds what was not acknowledged");
        if (update.back() != begun_[i.item]) violate("an update holds what nobody computed");
    }
    seen_.updates.push_back(std::move(update));
}

void event_run::take(const skip_record& r) {
    if (r.cause.empty()) violate("a skip has no cause");
    if (!skips_.insert(r.item).second || acknowledged_.contains(r.item))
        violate(fmt::format("item {} is skipped after it was closed", r.item));
}

void event_run::begin_computing() {
    for (std::uint32_t w = 0; w < workers_.size(); ++w) {
        auto& a = workers_[w];
        if (a.computes || a.queue.empty()) continue;
        a.computes = true;
        a.done = now_ + world_.ticks(w, a.begun++);
    }
}

bool event_run::arrive() {
    worker* first = nullptr;
    for (auto& w : workers_)
        if (w.computes && (!first || w.done < first->done)) first = &w;
    if (!first) return false;
    now_ = first->done;
    const job j = first->queue.front();
    first->queue.pop_front();
    first->computes = false;
    leased_.erase(j.what.item);
    const auto who = key(j.what.worker);
    take(core_.committed({who, j.what.item, j.what.point, 1.0, 1, ++attempts_, j.lease}, 0));
    begin_computing();
    return true;
}

void event_run::run(std::uint64_t steps_max) {
    for (std::uint32_t w = 0; w < workers_.size(); ++w) take(core_.join(key(w), 0));
    begin_computing();
    for (std::uint64_t step = 0; step < steps_max && violation_.empty() && arrive();) ++step;
    if (core_.finished()) check_end();
}

void event_run::check_end() {
    std::uint64_t applied = 0;
    for (const auto& u : seen_.updates) applied += u.size();
    if (applied != acknowledged_.size()) violate("an acknowledged item is not applied");
    if (applied + skips_.size() != world_.items) violate("not every item is closed");
    std::vector<std::uint64_t> staleness;
    for (std::uint64_t k = 0; k < seen_.updates.size(); ++k)
        for (const auto& g : seen_.updates[k]) {
            if (staleness.size() <= k - g.point) staleness.resize(k - g.point + 1);
            ++staleness[k - g.point];
        }
    const auto told = core_.stats();
    if (told.history.staleness != staleness) violate("the histogram of staleness is another");
    if (told.applied != applied || told.skipped != skips_.size() ||
        told.count != seen_.updates.size())
        violate("the totals are others");
}

}  // namespace slackline
