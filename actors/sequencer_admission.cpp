// The one admission rule: which commit may take the next place, and who may start an item.
#include <algorithm>

#include "actors/sequencer_state.hpp"

namespace slackline {

bool sequencer::state::bounded_wait() const {
    return settings.consistency.staleness && settings.consistency.late == late_policy::wait;
}

bool sequencer::state::over_bound(std::uint64_t base) const {
    return settings.consistency.staleness && count - base > *settings.consistency.staleness;
}

std::uint64_t sequencer::state::per_update() const {
    const auto m = settings.consistency.aggregate;
    return m != 0 ? m : std::max(1u, live_workers());
}

// Places in the open update. With aggregate = workers, gradients of the dead take none of the
// living's places.
std::uint64_t sequencer::state::room_now() const {
    if (settings.consistency.aggregate != 0) return settings.consistency.aggregate;
    const auto dead = std::count_if(update.begin(), update.end(),
                                    [&](const applied_item& i) { return !live(i.from); });
    return per_update() + static_cast<std::uint64_t>(dead);
}

// Earliest deadline first over all that is promised its bound, were `candidate` admitted now.
bool sequencer::state::feasible_without(std::size_t candidate) const {
    const auto bound = *settings.consistency.staleness;
    std::vector<std::uint64_t> deadlines;
    for (const auto& [item, l] : leases) deadlines.push_back(l.floor + bound);
    for (std::size_t h = 0; h < held.size(); ++h)
        if (h != candidate && held[h].was_leased) deadlines.push_back(held[h].what.base + bound);
    std::sort(deadlines.begin(), deadlines.end());
    const auto room = room_now();
    for (std::size_t j = 0; j < deadlines.size(); ++j) {
        const auto place = update.size() + 1 + j;
        const auto updates_later = place < room ? 0 : 1 + (place - room) / per_update();
        if (count + updates_later > deadlines[j]) return false;
    }
    return true;
}

bool sequencer::state::admissible(std::size_t candidate) const {
    if (!settings.consistency.repeats) {
        const auto worker = held[candidate].what.from.worker;
        if (std::any_of(update.begin(), update.end(),
                        [&](const applied_item& i) { return i.from.worker == worker; }))
            return false;
    }
    if (!bounded_wait()) return true;
    if (feasible_without(candidate)) return true;
    // Nothing else can come: whoever has the earliest deadline goes first.
    return leases.empty() && std::all_of(held.begin(), held.end(), [&](const held_commit& h) {
               return h.what.base >= held[candidate].what.base;
           });
}

std::uint64_t sequencer::state::slots_open() const {
    std::uint64_t held_promised = 0;
    for (const auto& h : held) held_promised += h.was_leased ? 1 : 0;
    return leases.size() + held_promised + update.size();
}

std::uint32_t sequencer::state::window_of(std::uint32_t worker) const {
    const auto& c = settings.consistency;
    std::uint64_t window = c.window;
    if (!c.repeats && c.aggregate != 1) window = 1;
    if (bounded_wait()) {
        const auto all = (*c.staleness + 1) * per_update();
        const auto rank =
            static_cast<std::uint64_t>(std::distance(workers.begin(), workers.find(worker)));
        window = std::min(window, all / workers.size() + (rank < all % workers.size() ? 1 : 0));
    }
    return static_cast<std::uint32_t>(window);
}

bool sequencer::state::may_start(std::uint32_t worker, const worker_book& w) const {
    const auto& c = settings.consistency;
    if (w.slots.size() >= window_of(worker)) return false;
    if (bounded_wait() && slots_open() >= (*c.staleness + 1) * per_update()) return false;
    if (!c.slack) return true;
    std::optional<std::uint64_t> least;
    for (const auto& [item, l] : leases)
        if (const auto b = workers.find(l.holder.worker); b != workers.end())
            least = std::min(least.value_or(b->second.clock), b->second.clock);
    return !least || w.clock + w.slots.size() <= *least + *c.slack;
}

}  // namespace slackline
