#include "tests/unit/sequencer_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace slackline {

sequencer_walk::sequencer_walk(walk_settings settings)
    : settings_(std::move(settings)),
      core_(settings_.rules, {}),
      random_(settings_.seed),
      actors_(settings_.workers) {
    for (auto& a : actors_) a.item_ms = std::vector<std::int64_t>{10, 10, 30, 200}[random_() % 4];
}

void sequencer_walk::violate(const std::string& what) {
    if (outcome_.violation.empty())
        outcome_.violation = fmt::format("seed {} at {} ms: {}", settings_.seed, now_ms_, what);
}

void sequencer_walk::take(const effects& todo) {
    for (const auto& e : todo) std::visit([&](const auto& x) { take(x); }, e);
}

void sequencer_walk::take(const placed_record& p) {
    if (p.position != position_++) violate("positions are not dense");
    std::visit([&](const auto& r) { take(r); }, p.body);
}

void sequencer_walk::take(const apply_record& r) {
    if (r.count != count_ + 1) violate("counts are not dense");
    if (r.items.empty() || r.divisor != static_cast<float>(r.items.size()))
        violate("the divisor is not the number of gradients");
    const auto bound = settings_.rules.consistency.staleness;
    std::set<std::uint32_t> from;
    for (const auto& i : r.items) {
        if (i.base > count_) violate("a base lies above the count");
        if (bound && count_ - i.base > *bound) violate("a gradient is over the bound");
        if (!applied_.insert(i.item).second || skipped_.contains(i.item))
            violate(fmt::format("item {} is closed twice", i.item));
        const auto first = acknowledged_.find(i.item);
        if (first == acknowledged_.end() || first->second != named_gradient{i.from, i.attempt})
            violate(fmt::format("item {} was applied and not acknowledged", i.item));
        if (const auto k = kept_.find(i.from); k != kept_.end() && !k->second.contains(i.item))
            violate(fmt::format("item {} was fenced away and is applied", i.item));
        from.insert(i.from.worker);
    }
    if (!settings_.rules.consistency.repeats && from.size() != r.items.size())
        violate("a worker stands twice in one update");
    ++count_;
    outcome_.records.push_back(r);
}

void sequencer_walk::take(const skip_record& r) {
    if (!skipped_.insert(r.item).second || applied_.contains(r.item) ||
        acknowledged_.contains(r.item))
        violate(fmt::format("item {} is skipped after it was closed or acknowledged", r.item));
    if (r.cause.empty()) violate("a skip has no cause");
    if (r.cause.find("staleness") == std::string::npos) ++outcome_.given_up;
}

void sequencer_walk::take(const cut_record& r) {
    if (r.count != count_) violate("a cut names another count");
    const auto ledger = core_.ledger();
    if (r.purpose.final && ledger.applied + ledger.skipped != settings_.rules.items_total)
        violate("the final cut comes before the end");
}

void sequencer_walk::take(const grant& g) {
    if (g.lease > leases_) check_elsewhere(g);
    leases_ = std::max(leases_, g.lease);
    leased_[g.to].insert(g.item);
    auto& a = actors_[g.to.worker];
    if (!a.alive || a.incarnation != g.to.incarnation) return;
    if (g.floor > count_) violate("a floor lies above the count");
    if (settings_.faults && chance(0.02)) return;  // lost; a beat mends it
    if (a.open.contains(g.item) || a.committed.contains(g.item)) return;
    const auto took = 1 + std::int64_t(random_() % std::uint64_t(2 * a.item_ms));
    a.open[g.item] = {count_, g.floor, now_ms_ + took, true, g.lease, ++attempts_};
    granted_.push_back(g);
    if (!settings_.faults && a.open.size() > settings_.rules.consistency.window)
        violate(fmt::format("worker {} works on more than its window", g.to.worker));
}

void sequencer_walk::take(const reply& r) {
    auto& a = actors_[r.to.worker];
    if (r.what == answer::first) {
        if (skipped_.contains(r.item)) violate("a skipped item is acknowledged");
        const named_gradient it{r.to, r.attempt};
        const auto known = acknowledged_.emplace(r.item, it);
        if (!known.second && known.first->second != it)
            violate(fmt::format("item {} has two first commits", r.item));
    }
    if (r.what == answer::duplicate && !acknowledged_.contains(r.item) &&
        !skipped_.contains(r.item))
        violate(fmt::format("item {} has a duplicate before a first", r.item));
    if (!a.alive || a.incarnation != r.to.incarnation) return;
    if (r.what == answer::fenced) {
        a.alive = false;
        return join(r.to.worker);
    }
    const auto sent = a.committed.find(r.item);
    if (sent == a.committed.end()) return;
    if (r.what == answer::recompute && sent->second.attempt != r.attempt) return;
    const bool refused = r.what == answer::recompute || r.what == answer::skipped;
    if (refused) ++outcome_.refused;
    const auto& c = settings_.rules.consistency;
    if (refused && sent->second.lease_alive && (!c.staleness || c.late == late_policy::wait))
        violate(fmt::format("item {}, whose lease lived, was refused", r.item));
    a.committed.erase(sent);
}

void sequencer_walk::take(const cancel& c) {
    auto& a = actors_[c.to.worker];
    if (a.incarnation != c.to.incarnation) return;
    for (auto* all : {&a.open, &a.committed})
        if (const auto w = all->find(c.item); w != all->end() && w->second.lease <= c.lease)
            all->erase(w);
}

void sequencer_walk::take(const drop& d) {
    const auto first = acknowledged_.find(d.item);
    if (first != acknowledged_.end() && first->second == named_gradient{d.who, d.attempt})
        violate(fmt::format("the first gradient of item {} is dropped", d.item));
}

void sequencer_walk::take(const fence& f) {
    kept_[f.who] = {f.keep.begin(), f.keep.end()};
    orphaned_.insert(leased_[f.who].begin(), leased_[f.who].end());
    for (const auto& [item, first] : acknowledged_)
        if (first.from == f.who && !applied_.contains(item) &&
            std::find(f.keep.begin(), f.keep.end(), item) == f.keep.end())
            violate(fmt::format("a fence drops acknowledged item {}", item));
}

void sequencer_walk::join(std::uint32_t index) {
    auto& a = actors_[index];
    a = {++incarnations_, a.item_ms, true, {}, {}};
    take(core_.join({index, a.incarnation}, now_ms_));
}

void sequencer_walk::finish_item(actor& a, worker_key who) {
    if (settings_.hangs == who.worker) return;
    const auto next = std::min_element(
        a.open.begin(), a.open.end(),
        [](const auto& x, const auto& y) { return x.second.done_ms < y.second.done_ms; });
    if (next == a.open.end() || next->second.done_ms > now_ms_) return;
    const auto [item, w] = *next;
    a.open.erase(next);
    if (settings_.fails == who.worker || (settings_.faults && chance(0.01))) {
        if (w.lease_alive) failed_on_[item].insert(who.worker);
        take(core_.failed(who, item, w.lease, "it threw", now_ms_));
        return;
    }
    a.committed[item] = w;
    const commit c{who, item, w.base, 1.0, a.item_ms, w.attempt, w.lease};
    take(core_.committed(c, now_ms_));
    if (settings_.faults && chance(0.05)) take(core_.committed(c, now_ms_));  // sent again
}

// A new lease of an item goes to a worker on which it has not failed, while there is one. Whose
// leases ended is the core's to know, and which was the oldest item of a worker that ended: such
// walks, and such items, are not judged.
void sequencer_walk::check_elsewhere(const grant& g) {
    const auto failed = failed_on_.find(g.item);
    const auto stats = core_.stats();
    if (stats.history.leases_ended > 0 || orphaned_.contains(g.item) ||
        failed == failed_on_.end() || !failed->second.contains(g.to.worker))
        return;
    for (const auto& w : stats.workers)
        if (!failed->second.contains(w.who.worker) && w.window > 0)
            violate(fmt::format("item {} goes to worker {} again, and not to {}", g.item,
                                g.to.worker, w.who.worker));
}

// What it has committed and heard nothing of.
void sequencer_walk::say_again(std::uint32_t worker) {
    const auto& a = actors_[worker];
    const worker_key who{worker, a.incarnation};
    for (const auto& [item, w] : std::map(a.committed))
        if (a.alive && a.incarnation == who.incarnation)
            take(core_.committed({who, item, w.base, 1.0, a.item_ms, w.attempt, w.lease}, now_ms_));
}

// A link delivers an old grant once more. Its lease may be over: nothing is promised to it.
void sequencer_walk::repeat(grant g) {
    auto& open = actors_[g.to.worker].open;
    const bool known = open.contains(g.item);
    take(g);
    if (const auto w = open.find(g.item); !known && w != open.end()) w->second.lease_alive = false;
}

void sequencer_walk::fault() {
    const auto w = any_worker();
    auto& a = actors_[w];
    if (chance(0.3) && a.alive) {
        const worker_key who{w, a.incarnation};
        a.alive = false;
        take(core_.died(who, now_ms_));
    } else if (chance(0.3)) {
        join(w);  // a newer incarnation; also one that was never told dead
    } else if (chance(0.2)) {
        take(core_.cut({true, false, false}, now_ms_));
    } else if (!granted_.empty() && chance(0.5)) {
        repeat(granted_[random_() % granted_.size()]);
    } else if (a.alive && !a.open.empty() && chance(0.5)) {
        a.open.begin()->second.done_ms += settings_.rules.lease_min_ms * 3;  // a stall
    }
}

void sequencer_walk::step() {
    now_ms_ += 1 + std::int64_t(random_() % 5);
    for (std::uint32_t w = 0; w < actors_.size(); ++w) {
        auto& a = actors_[w];
        if (a.alive) finish_item(a, {w, a.incarnation});
    }
    if (chance(0.2)) {
        const auto w = any_worker();
        auto& a = actors_[w];
        std::vector<item_id> open;
        for (const auto& [item, x] : a.open) open.push_back(item);
        for (const auto& [item, x] : a.committed) open.push_back(item);
        if (a.alive) take(core_.beat({w, a.incarnation}, open, now_ms_));
    }
    if (chance(0.05)) say_again(any_worker());
    if (chance(0.1)) {
        const auto before = core_.stats().history.leases_ended;
        take(core_.tick(now_ms_));
        if (core_.stats().history.leases_ended != before)  // whose it was is the core's to know
            for (auto& a : actors_)
                for (auto* all : {&a.open, &a.committed})
                    for (auto& [item, w] : *all) w.lease_alive = false;
    }
    if (settings_.faults && chance(0.01)) fault();
}

void sequencer_walk::check_end() {
    for (item_id i = 0; i < settings_.rules.items_total; ++i)
        if (applied_.contains(i) == skipped_.contains(i))
            violate(fmt::format("item {} was not closed exactly once", i));
    const auto ledger = core_.ledger();
    if (ledger.applied != applied_.size() || ledger.skipped != skipped_.size() ||
        ledger.watermark != settings_.rules.items_total || ledger.count != count_)
        violate("the ledger is not the account of the records");
    const auto& h = ledger.history;
    if (std::accumulate(h.staleness.begin(), h.staleness.end(), std::uint64_t{0}) !=
            applied_.size() ||
        h.skips.size() != std::min(skipped_.size(), ledger_history::skips_max))
        violate("the history is not that of the records");
    for (const auto& [item, first] : acknowledged_)
        if (!applied_.contains(item)) violate("an acknowledged item was never applied");
}

walk_outcome sequencer_walk::run() {
    for (std::uint32_t w = 0; w < actors_.size(); ++w) join(w);
    constexpr int steps_max = 60'000;
    int steps = 0;
    for (; !core_.finished() && outcome_.violation.empty() && steps < steps_max; ++steps) {
        if (steps == steps_max / 2) {  // the faults stop; everyone who is away comes back
            settings_.faults = false;
            for (std::uint32_t w = 0; w < actors_.size(); ++w)
                if (!actors_[w].alive) join(w);
        }
        if (std::none_of(actors_.begin(), actors_.end(), [](const actor& a) { return a.alive; }))
            join(any_worker());
        step();
    }
    if (steps == steps_max) violate("the run does not end");
    if (outcome_.violation.empty()) check_end();
    outcome_.applied = applied_.size();
    outcome_.skipped = skipped_.size();
    return std::move(outcome_);
}

}  // namespace slackline
