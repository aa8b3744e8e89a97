// Leases of items, and what becomes of the work under one that ended.
#include <algorithm>

#include "actors/sequencer_state.hpp"

namespace slackline {

std::int64_t sequencer::state::lease_ms(const worker_book& w) const {
    return std::max(settings.lease_min_ms, 8 * w.item_ms);
}

void sequencer::state::restart_leases(worker_key who, std::int64_t now_ms) {
    for (auto& [item, l] : leases)
        if (l.holder == who) l.deadline_ms = now_ms + lease_ms(workers[who.worker]);
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
    const auto& [item, ended] = *l;
    ++history.leases_ended;
    tried_on[item].insert(ended.holder.worker);
    free_slot(ended.holder, item);
    if (auto* w = book_of(ended.holder)) w->overdue.try_emplace(item, ended.number);
    return_item(item);
    return leases.erase(l);
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
