// Leases of items, and what becomes of the work under one that ended.
#include <fmt/format.h>

#include <algorithm>

#include "actors/sequencer_state.hpp"

namespace slackline {

std::int64_t sequencer::state::lease_ms(item_id item, const worker_book& w) const {
    const auto t = tried.find(item);
    const auto ended = t == tried.end() ? 0 : std::min(t->second.leases_ended, leases_beyond_tries);
    return std::max(settings.lease_min_ms, 8 * w.item_ms) << ended;
}

void sequencer::state::restart_leases(worker_key who, std::int64_t now_ms) {
    for (auto& [item, l] : leases)
        if (l.holder == who) l.deadline_ms = now_ms + lease_ms(item, workers[who.worker]);
}

void sequencer::state::regrant(worker_key who, const std::vector<item_id>& open) {
    for (const auto& [item, l] : leases)
        if (l.holder == who && std::find(open.begin(), open.end(), item) == open.end())
            out.push_back(grant{who, item, l.floor, l.number});
}

// It is tried elsewhere first. Who had it may be slow and have it done yet, or never: until its
// beats say that it has stopped, or it says what came of it, the item takes a place of it.
auto sequencer::state::end_lease(std::map<item_id, lease>::iterator l)
    -> std::map<item_id, lease>::iterator {
    const auto [item, ended] = *l;
    ++history.leases_ended;
    free_slot(ended.holder, item);
    auto* w = book_of(ended.holder);
    const bool renewed = w && !w->overdue.try_emplace(item, ended.number).second;
    auto& t = tried[item];
    t.on.insert(ended.holder.worker);
    if (!renewed) ++t.leases_ended;
    if (t.leases_ended >= settings.tries + leases_beyond_tries)
        skip(item, fmt::format("it outlasted {} leases, the last on worker {}: its computation may "
                               "hang",
                               t.leases_ended, ended.holder.worker));
    else
        return_item(item);
    return leases.erase(l);
}

auto sequencer::state::oldest_lease(worker_key who) -> std::map<item_id, lease>::iterator {
    auto oldest = leases.end();
    for (auto l = leases.begin(); l != leases.end(); ++l)
        if (l->second.holder == who &&
            (oldest == leases.end() || l->second.number < oldest->second.number))
            oldest = l;
    return oldest;
}

// A worker that missed the cancel of what it lost is told again.
void sequencer::state::note_open(worker_key who, worker_book& w, const std::vector<item_id>& open) {
    std::erase_if(w.overdue, [&](const auto& o) {
        return std::find(open.begin(), open.end(), o.first) == open.end();
    });
    for (const auto& [item, number] : w.overdue)
        if (items.closed(item) || admitted(item)) out.push_back(cancel{who, item, number});
}

// The item is closed, or will be with the open update: who still works on it may stop.
void sequencer::state::call_off(item_id item) {
    for (const auto& [index, w] : workers)
        if (const auto o = w.overdue.find(item); o != w.overdue.end())
            out.push_back(cancel{{index, w.incarnation}, item, o->second});
}

}  // namespace slackline
