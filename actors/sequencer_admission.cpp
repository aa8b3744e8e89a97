// The one admission rule: which commit may take the next place, and who may start an item.
#include <algorithm>

#include "actors/sequencer_state.hpp"

namespace slackline {

bool sequencer::state::bounded_wait() const {
    return settings.consistency.staleness && settings.consistency.late == late_policy::wait;
}

bool sequencer::state::distinct() const {
    return !settings.consistency.repeats && settings.consistency.aggregate != 1;
}

bool sequencer::state::over_bound(std::uint64_t base) const {
    return settings.consistency.staleness && count - base > *settings.consistency.staleness;
}

std::uint64_t sequencer::state::asked_per_update() const {
    const auto m = settings.consistency.aggregate;
    return m != 0 ? m : std::max(1u, live_workers());
}

std::vector<std::uint64_t> sequencer::state::deadlines_without(std::size_t candidate) const {
    const auto bound = *settings.consistency.staleness;
    std::vector<std::uint64_t> deadlines;
    for (const auto& [item, l] : leases) deadlines.push_back(l.floor + bound);
    for (std::size_t h = 0; h < held.size(); ++h)
        if (h != candidate && held[h].was_leased) deadlines.push_back(held[h].what.base + bound);
    std::sort(deadlines.begin(), deadlines.end());
    return deadlines;
}

// With aggregate = workers a death takes places away from items that were leased before it: an
// update then takes as many as it must for all of them to fit, until they are in.
std::uint64_t sequencer::state::per_update() const {
    std::uint64_t m = asked_per_update();
    if (settings.consistency.aggregate != 0 || !bounded_wait()) return m;
    const auto deadlines = deadlines_without(held.size());
    for (std::size_t j = 0; j < deadlines.size(); ++j)
        if (deadlines[j] >= count)
            m = std::max(m, (update.size() + j) / (deadlines[j] - count + 1) + 1);
    return m;
}

// Earliest deadline first over all that is promised its bound, were `candidate` admitted now.
bool sequencer::state::feasible_without(std::size_t candidate) const {
    const auto deadlines = deadlines_without(candidate);
    const auto m = per_update();
    for (std::size_t j = 0; j < deadlines.size(); ++j)
        if (count + (update.size() + 1 + j) / m > deadlines[j]) return false;
    return true;
}

bool sequencer::state::in_update(std::uint32_t worker) const {
    return std::any_of(update.begin(), update.end(),
                       [&](const applied_item& i) { return i.from.worker == worker; });
}

// Where gradients of an update come from different workers, a late commit must not take the place
// that its worker's live lease is promised.
bool sequencer::state::takes_own_place(const held_commit& h) const {
    if (h.was_leased || !bounded_wait()) return false;
    const auto worker = h.what.from.worker;
    return std::any_of(leases.begin(), leases.end(),
                       [&](const auto& l) { return l.second.holder.worker == worker; }) ||
           std::any_of(held.begin(), held.end(), [&](const held_commit& other) {
               return other.was_leased && other.what.from.worker == worker;
           });
}

bool sequencer::state::admissible(std::size_t candidate) const {
    if (distinct() &&
        (in_update(held[candidate].what.from.worker) || takes_own_place(held[candidate])))
        return false;
    if (!bounded_wait()) return true;
    if (feasible_without(candidate)) return true;
    // Nothing else can come: the earliest deadline goes first, promised ones before the others.
    const auto& c = held[candidate];
    return leases.empty() && std::all_of(held.begin(), held.end(), [&](const held_commit& h) {
               return h.was_leased == c.was_leased ? h.what.base >= c.what.base : c.was_leased;
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
    if (distinct()) window = 1;
    if (bounded_wait()) {
        const auto all = (*c.staleness + 1) * asked_per_update();
        const auto rank =
            static_cast<std::uint64_t>(std::distance(workers.begin(), workers.find(worker)));
        window = std::min(window, all / workers.size() + (rank < all % workers.size() ? 1 : 0));
    }
    return static_cast<std::uint32_t>(window);
}

bool sequencer::state::may_start(std::uint32_t worker, const worker_book& w) const {
    const auto& c = settings.consistency;
    if (w.slots.size() >= window_of(worker) || (distinct() && in_update(worker))) return false;
    if (bounded_wait() && slots_open() >= (*c.staleness + 1) * asked_per_update()) return false;
    if (!c.slack) return true;
    std::optional<std::uint64_t> least;
    for (const auto& [item, l] : leases)
        if (const auto b = workers.find(l.holder.worker); b != workers.end())
            least = std::min(least.value_or(b->second.clock), b->second.clock);
    return !least || w.clock + w.slots.size() <= *least + *c.slack;
}

}  // namespace slackline
