// The settle loop: refuse, admit, close, grant, until nothing changes.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "actors/sequencer_state.hpp"

namespace slackline {

void sequencer::state::settle(std::int64_t now_ms) {
    for (;;) {
        if (refuse_late() || admit_one(now_ms) || grant_one(now_ms)) continue;
        // Nobody can add to the open update any more: it closes as it is.
        if (update.empty() || !leases.empty()) break;
        close_update();
    }
    place_due_cuts();
}

std::string sequencer::state::too_stale(const char* what, std::uint64_t base) const {
    return fmt::format("{} has come to a staleness of {}, and the bound is {}", what, count - base,
                       *settings.consistency.staleness);
}

bool sequencer::state::refuse_late() {
    const auto late = std::find_if(held.begin(), held.end(),
                                   [&](const held_commit& h) { return over_bound(h.what.base); });
    if (late == held.end()) return false;
    const commit c = late->what;
    held.erase(late);
    refuse(c, too_stale("its gradient", c.base));
    return true;
}

// Over the bound: recorded as skipped, or leased again.
void sequencer::state::refuse(const commit& c, const std::string& cause) {
    free_slot(c.from, c.item);
    out.push_back(drop{c.from, c.item, c.attempt});
    if (settings.consistency.late == late_policy::skip) {
        skip(c.item, cause);
        out.push_back(reply{c.from, c.item, answer::skipped, c.attempt});
        return;
    }
    ++history.recomputed;
    return_item(c.item);
    out.push_back(reply{c.from, c.item, answer::recompute, c.attempt});
}

bool sequencer::state::admit_one(std::int64_t now_ms) {
    std::size_t best = held.size();
    for (std::size_t h = 0; h < held.size(); ++h)
        if ((best == held.size() || held[h].what.base < held[best].what.base) && admissible(h))
            best = h;
    if (best == held.size()) return false;
    const commit c = held[best].what;
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(best));
    const double norm = std::sqrt(c.squared_norm);
    const float clip = settings.clip_norm > 0 && norm > settings.clip_norm
                           ? static_cast<float>(settings.clip_norm / norm)
                           : 1.0f;
    update.push_back({c.item, c.base, c.from, clip, c.attempt});
    out.push_back(reply{c.from, c.item, answer::first, c.attempt});
    call_off(c.item);
    if (auto* w = book_of(c.from)) {
        ++w->clock;
        w->item_ms = w->item_ms == 0 ? c.compute_ms : (3 * w->item_ms + c.compute_ms) / 4;
        w->won.emplace_back(c.item, c.attempt);
        if (w->won.size() > 64) w->won.pop_front();
        w->slots.erase(c.item);
        restart_leases(c.from, now_ms);
    }
    close_if_full();
    return true;
}

bool sequencer::state::close_if_full() {
    if (update.size() < per_update()) return false;
    close_update();
    return true;
}

void sequencer::state::close_update() {
    apply_record r;
    r.count = count + 1;
    r.divisor = static_cast<float>(update.size());
    r.scalars = settings.scalars(r.count, items.closed_total());
    r.items = std::move(update);
    update.clear();
    for (const auto& i : r.items) note_applied(i);
    ++count;
    place(std::move(r));
    if (settings.consistency.cancel_late) cancel_late();
}

void sequencer::state::note_applied(const applied_item& i) {
    const auto tau = count - i.base;
    assert(!settings.consistency.staleness || tau <= *settings.consistency.staleness);
    const auto slot = std::min<std::uint64_t>(tau, ledger_history::staleness_slots - 1);
    if (history.staleness.size() <= slot) history.staleness.resize(slot + 1);
    ++history.staleness[slot];
    items.apply(i.item);
    tried.erase(i.item);
}

void sequencer::state::cancel_late() {
    for (auto l = leases.begin(); l != leases.end();) {
        if (!over_bound(l->second.floor)) {
            ++l;
            continue;
        }
        const auto [item, ended] = *l;
        l = leases.erase(l);
        free_slot(ended.holder, item);
        out.push_back(cancel{ended.holder, item, ended.number});
        if (settings.consistency.late == late_policy::skip)
            skip(item, too_stale("its lease", ended.floor));
        else
            return_item(item);
    }
}

// An item that came to nothing on this worker is tried elsewhere first, if anybody else has a place
// for items at all, and not all of them taken by work that its leases did not wait for.
bool sequencer::state::waits_for_others(item_id item, std::uint32_t worker) const {
    const auto t = tried.find(item);
    if (t == tried.end() || !t->second.on.contains(worker)) return false;
    return std::any_of(workers.begin(), workers.end(), [&](const auto& w) {
        return !t->second.on.contains(w.first) && window_of(w.first) > w.second.overdue.size();
    });
}

// A worker on which everything fails gets nothing new while more items than its window wait because
// of it.
// What it still works on it may have again: that takes no other place.
std::optional<item_id> sequencer::state::next_item_for(std::uint32_t worker, const worker_book& w) {
    const auto window = window_of(worker);
    const bool has_place = w.load() < window;
    std::uint32_t waiting = 0;
    for (const auto item : returned) {
        if (waits_for_others(item, worker)) {
            ++waiting;
        } else if (has_place || w.overdue.contains(item)) {
            return item;
        }
    }
    if (!has_place || waiting > window) return std::nullopt;
    while (next_new < items_total && items.closed(next_new)) ++next_new;
    if (next_new >= items_total || next_new >= items.watermark() + settings.ledger_items_max)
        return std::nullopt;
    return next_new;
}

bool sequencer::state::grant_one(std::int64_t now_ms) {
    worker_book* least = nullptr;
    worker_key to;
    std::optional<item_id> item;
    for (auto& [index, w] : workers) {
        if ((least && w.load() >= least->load()) || !may_start(index, w)) continue;
        const auto next = next_item_for(index, w);
        if (!next) continue;
        least = &w;
        to = {index, w.incarnation};
        item = next;
    }
    if (!least) return false;
    if (!returned.erase(*item)) ++next_new;
    least->slots.insert(*item);
    leases[*item] = {to, count, now_ms + lease_ms(*item, *least), ++leases_given};
    out.push_back(grant{to, *item, count, leases_given});
    return true;
}

void sequencer::state::skip(item_id item, const std::string& cause) {
    call_off(item);
    note_skipped({item, cause});
    place(skip_record{item, cause});
}

void sequencer::state::note_skipped(const skip_record& r) {
    items.skip(r.item);
    tried.erase(r.item);
    history.skips.push_back(r);
    if (history.skips.size() > ledger_history::skips_max)
        history.skips.erase(history.skips.begin());
}

void sequencer::state::place(record body) {
    out.push_back(placed_record{position++, std::move(body)});
}

void sequencer::state::place_cut(cut_purpose purpose) {
    place(cut_record{cuts++, count, purpose});
}

void sequencer::state::place_due_cuts() {
    if (!final_placed && items.watermark() >= items_total) {
        final_placed = true;
        assert(tried.empty());  // what is closed is forgotten
        place_cut({true, true, true});
        return;
    }
    if (settings.evaluate_every_epochs == 0 || final_placed || epochs() <= epochs_cut) return;
    epochs_cut = epochs();
    place_cut({false, true, false});
}

// Evaluations that are due by now.
std::uint64_t sequencer::state::epochs() const {
    return settings.evaluate_every_epochs == 0
               ? 0
               : items.watermark() / (settings.items_per_epoch * settings.evaluate_every_epochs);
}

}  // namespace slackline
