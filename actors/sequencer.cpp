#include "actors/sequencer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/poison.hpp"
#include "actors/sequencer_state.hpp"

namespace slackline {

sequencer::state::state(sequencer_settings s, const ledger_state& from)
    : settings(std::move(s)),
      items(from),
      count(from.count),
      cuts(from.cuts),
      items_total(from.items_total ? from.items_total : settings.items_total),
      epochs_cut(epochs()),
      next_new(from.watermark),
      history(from.history) {}

bool sequencer::state::live(worker_key who) const {
    const auto w = workers.find(who.worker);
    return w != workers.end() && w->second.incarnation == who.incarnation;
}

sequencer::state::worker_book* sequencer::state::book_of(worker_key who) {
    return live(who) ? &workers[who.worker] : nullptr;
}

void sequencer::state::free_slot(worker_key who, item_id item) {
    if (auto* w = book_of(who)) w->slots.erase(item);
}

// The worker's landed commits stay; all else of it returns. It may have died of the oldest item, so
// that is tried elsewhere first; but this is no failure of the item, for workers die of much else.
void sequencer::state::end_worker(worker_key who) {
    workers.erase(who.worker);
    const auto oldest = oldest_lease(who);
    if (oldest != leases.end()) tried[oldest->first].on.insert(who.worker);
    for (auto l = leases.begin(); l != leases.end();) {
        if (l->second.holder == who) {
            return_item(l->first);
            l = leases.erase(l);
        } else {
            ++l;
        }
    }
    for (auto& h : held)
        if (h.what.from == who) h.was_leased = false;  // nobody is promised anything who is dead
    fenced[who.worker] = who.incarnation;
    out.push_back(fence_of(who));
}

// Of this life of a worker and those before it nothing is needed but what is admitted or held.
fence sequencer::state::fence_of(worker_key last) const {
    fence f{last, {}};
    const auto keep = [&](worker_key from, item_id item) {
        if (from.worker == last.worker && from.incarnation <= last.incarnation)
            f.keep.push_back(item);
    };
    for (const auto& h : held) keep(h.what.from, h.what.item);
    for (const auto& i : update) keep(i.from, i.item);
    return f;
}

bool sequencer::state::admitted(item_id item) const {
    return std::any_of(update.begin(), update.end(),
                       [&](const applied_item& i) { return i.item == item; });
}

sequencer::sequencer(sequencer_settings settings, ledger_state from)
    : state_(std::make_unique<state>(std::move(settings), from)) {}
sequencer::~sequencer() = default;
sequencer::sequencer(sequencer&&) noexcept = default;

effects sequencer::join(worker_key who, std::int64_t now_ms) {
    auto& s = *state_;
    s.out.clear();
    const auto known = s.workers.find(who.worker);
    if (known != s.workers.end() && known->second.incarnation > who.incarnation) {
        s.out.push_back(reply{who, 0, answer::fenced, 0});
    } else if (s.live(who)) {
        s.regrant(who, {});
    } else {
        if (known != s.workers.end())
            s.end_worker({who.worker, known->second.incarnation});
        else if (s.replayed && !s.fenced.contains(who.worker))
            s.out.push_back(s.fence_of({who.worker, who.incarnation - 1}));
        s.fenced[who.worker] = who.incarnation - 1;
        std::optional<std::uint64_t> least;
        for (const auto& [index, w] : s.workers) least = std::min(least.value_or(w.clock), w.clock);
        s.workers[who.worker] = {who.incarnation, least.value_or(0), 0, {}, {}, {}};
    }
    s.settle(now_ms);
    return std::move(s.out);
}

effects sequencer::beat(worker_key who, const std::vector<item_id>& open, std::int64_t now_ms) {
    auto& s = *state_;
    s.out.clear();
    if (auto* w = s.book_of(who)) {
        s.regrant(who, open);
        s.note_open(who, *w, open);
        s.settle(now_ms);
    } else {
        s.out.push_back(reply{who, 0, answer::fenced, 0});
    }
    return std::move(s.out);
}

void sequencer::state::refuse_second(const commit& c, answer what) {
    ++history.duplicates;
    out.push_back(drop{c.from, c.item, c.attempt});
    out.push_back(reply{c.from, c.item, what, c.attempt});
}

// Its item is open and nobody's commit waits for it: this one does now.
void sequencer::state::hold(const commit& c) {
    const auto l = leases.find(c.item);
    const bool was_leased =
        l != leases.end() && l->second.holder == c.from && l->second.number == c.lease;
    if (l != leases.end()) {
        if (!was_leased) {
            free_slot(l->second.holder, c.item);
            out.push_back(cancel{l->second.holder, c.item, l->second.number});
        }
        leases.erase(l);
    }
    returned.erase(c.item);
    held.push_back({c, was_leased});
}

effects sequencer::committed(const commit& c, std::int64_t now_ms) {
    auto& s = *state_;
    s.out.clear();
    auto* w = s.book_of(c.from);
    if (!w || c.base > s.count || c.item >= s.items_total) {
        s.out.push_back(reply{c.from, c.item, answer::fenced, c.attempt});
        if (w) s.end_worker(c.from);
        s.settle(now_ms);
        return std::move(s.out);
    }
    const auto waiting = std::find_if(s.held.begin(), s.held.end(),
                                      [&](const auto& h) { return h.what.item == c.item; });
    if (std::find(w->won.begin(), w->won.end(), std::pair(c.item, c.attempt)) != w->won.end()) {
        s.out.push_back(reply{c.from, c.item, answer::first, c.attempt});
    } else if (s.items.closed(c.item)) {
        s.refuse_second(c, s.items.skipped(c.item) ? answer::skipped : answer::duplicate);
    } else if (s.admitted(c.item)) {
        s.refuse_second(c, answer::duplicate);
    } else if (waiting == s.held.end()) {
        if (const auto cause = poison(c.squared_norm, s.settings.gradient_norm_max);
            !cause.empty()) {
            auto todo = failed(c.from, c.item, c.lease, cause, now_ms);
            todo.insert(todo.begin(), {reply{c.from, c.item, answer::recompute, c.attempt},
                                       drop{c.from, c.item, c.attempt}});
            return todo;
        }
        s.hold(c);
    } else if (waiting->what.from == c.from && waiting->what.attempt != c.attempt) {
        s.out.push_back(drop{c.from, c.item, c.attempt});  // answered with the one that waits
    }  // another's: it comes again when that one is ordered, or refused and this one is the first
    w->overdue.erase(c.item);
    s.settle(now_ms);
    return std::move(s.out);
}

effects sequencer::failed(worker_key who, item_id item, std::uint64_t lease,
                          const std::string& cause, std::int64_t now_ms) {
    auto& s = *state_;
    s.out.clear();
    auto* w = s.book_of(who);
    const bool began_before = w && std::erase_if(w->overdue, [&](const auto& o) {
                                       return o.first == item && o.second == lease;
                                   }) > 0;
    const auto l = s.leases.find(item);
    if (l != s.leases.end() && l->second.holder == who &&
        (l->second.number == lease || began_before)) {
        s.leases.erase(l);
        s.free_slot(who, item);
        ++s.failures[who.worker];
        ++w->clock;
        s.tried[item].on.insert(who.worker);
        if (const auto n = s.items.fail(item); n >= s.settings.tries) {
            s.skip(item,
                   fmt::format("{} failures, the last on worker {}: {}", n, who.worker, cause));
        } else {
            s.return_item(item);
        }
    }
    s.settle(now_ms);
    return std::move(s.out);
}

effects sequencer::died(worker_key who, std::int64_t now_ms) {
    auto& s = *state_;
    s.out.clear();
    const auto w = s.workers.find(who.worker);
    if (w != s.workers.end() && w->second.incarnation <= who.incarnation)
        s.end_worker({who.worker, w->second.incarnation});
    s.settle(now_ms);
    return std::move(s.out);
}

effects sequencer::tick(std::int64_t now_ms) {
    auto& s = *state_;
    s.out.clear();
    for (auto l = s.leases.begin(); l != s.leases.end();)
        l = l->second.deadline_ms > now_ms ? std::next(l) : s.end_lease(l);
    s.settle(now_ms);
    return std::move(s.out);
}

void sequencer::postpone(std::int64_t by_ms) {
    for (auto& [item, l] : state_->leases) l.deadline_ms += by_ms;
}

effects sequencer::cut(cut_purpose purpose, std::int64_t) {
    auto& s = *state_;
    s.out.clear();
    s.place_cut(purpose);
    return std::move(s.out);
}

effects sequencer::stop_early(std::int64_t now_ms) {
    auto& s = *state_;
    s.out.clear();
    s.items_total = std::min(s.items_total, std::max(s.next_new, s.items.reached()));
    s.settle(now_ms);
    return std::move(s.out);
}

bool sequencer::finished() const {
    return state_->final_placed;
}

bool sequencer::between_updates() const {
    return state_->update.empty();
}

ledger_state sequencer::ledger() const {
    auto l = state_->items.state();
    l.count = state_->count;
    l.cuts = state_->cuts;
    l.items_total = state_->items_total;
    l.history = state_->history;
    return l;
}

sequencer_stats sequencer::stats() const {
    const auto& s = *state_;
    sequencer_stats t{s.count,
                      s.items.applied(),
                      s.items.skipped_total(),
                      s.items_total,
                      s.items.watermark(),
                      s.history,
                      {}};
    for (const auto& [index, w] : s.workers)
        t.workers.push_back({{index, w.incarnation},
                             w.clock,
                             static_cast<std::uint32_t>(w.load()),
                             s.window_of(index),
                             w.item_ms,
                             s.failures.contains(index) ? s.failures.at(index) : 0});
    return t;
}

}  // namespace slackline
