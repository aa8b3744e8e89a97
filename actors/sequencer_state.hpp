// Inside of the sequencer: its books and the one settle loop. Included by sequencer*.cpp only.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "actors/ledger.hpp"
#include "actors/sequencer.hpp"

namespace slackline {

/// An item is skipped when as many leases of it have ended beyond `tries`. Each is twice as long as
/// the one before, up to this power of two: an item that is merely slow is done long before.
constexpr std::uint32_t leases_beyond_tries = 6;

struct sequencer::state {
    struct lease {
        worker_key holder;
        std::uint64_t floor = 0;
        std::int64_t deadline_ms = 0;
        std::uint64_t number = 0;
    };
    /// A commit that waits for its place in the order.
    struct held_commit {
        commit what;
        bool was_leased = false;  ///< its lease lived when it came: the bound is promised to it
    };
    struct worker_book {
        std::uint64_t incarnation = 0;
        std::uint64_t clock = 0;
        std::int64_t item_ms = 0;
        std::set<item_id> slots;  ///< items leased to it or held of it, until they are admitted
        /// Items it works on for longer than the leases under which it began, and these leases.
        /// They take places, though they may be leased to others, to nobody, or to it again.
        std::map<item_id, std::uint64_t> overdue;
        /// Item and attempt of its last first commits, to answer a retry alike.
        std::deque<std::pair<item_id, std::uint64_t>> won;

        std::size_t load() const {
            return slots.size() + static_cast<std::size_t>(std::count_if(
                                      overdue.begin(), overdue.end(),
                                      [&](const auto& o) { return !slots.contains(o.first); }));
        }
    };

    /// What an item has come to so far, in this era.
    struct trials {
        std::set<std::uint32_t> on;  ///< workers on which it failed, outlasted its lease, or that
                                     ///< died when it was the oldest they had
        std::uint32_t leases_ended = 0;  ///< not counting those that were renewed
    };

    state(sequencer_settings s, const ledger_state& from);

    // Books.
    bool live(worker_key who) const;
    void hold(const commit& c);
    void refuse_second(const commit& c, answer what);
    std::uint32_t live_workers() const { return static_cast<std::uint32_t>(workers.size()); }
    worker_book* book_of(worker_key who);
    void free_slot(worker_key who, item_id item);
    void return_item(item_id item) { returned.insert(item); }
    bool admitted(item_id item) const;

    // Leases (sequencer_leases.cpp).
    std::int64_t lease_ms(item_id item, const worker_book& w) const;
    void restart_leases(worker_key who, std::int64_t now_ms);
    void regrant(worker_key who, const std::vector<item_id>& open);
    std::map<item_id, lease>::iterator end_lease(std::map<item_id, lease>::iterator l);
    std::map<item_id, lease>::iterator oldest_lease(worker_key who);
    void note_open(worker_key who, worker_book& w, const std::vector<item_id>& open);
    void call_off(item_id item);

    // Admission (sequencer_admission.cpp).
    bool bounded_wait() const;
    /// Gradients an update now; at least what was asked for.
    std::uint64_t per_update() const;
    std::uint64_t asked_per_update() const;
    std::vector<std::uint64_t> deadlines_without(std::size_t candidate) const;
    bool distinct() const;
    bool in_update(std::uint32_t worker) const;
    bool takes_own_place(const held_commit& h) const;
    bool feasible_without(std::size_t candidate) const;
    bool admissible(std::size_t candidate) const;
    bool over_bound(std::uint64_t base) const;
    std::uint32_t window_of(std::uint32_t worker) const;
    bool may_start(std::uint32_t worker, const worker_book& w) const;
    std::uint64_t slots_open() const;

    // What happens.
    void settle(std::int64_t now_ms);
    bool refuse_late();
    std::string too_stale(const char* what, std::uint64_t base) const;
    void refuse(const commit& c, const std::string& cause);
    bool admit_one(std::int64_t now_ms);
    bool close_if_full();
    void close_update();
    void note_applied(const applied_item& i);
    void note_skipped(const skip_record& r);
    void cancel_late();
    bool grant_one(std::int64_t now_ms);
    std::optional<item_id> next_item_for(std::uint32_t worker, const worker_book& w);
    bool waits_for_others(item_id item, std::uint32_t worker) const;
    void skip(item_id item, const std::string& cause);
    void place(record body);
    void place_cut(cut_purpose purpose);
    void place_due_cuts();
    std::uint64_t epochs() const;
    void end_worker(worker_key who);
    fence fence_of(worker_key last) const;

    sequencer_settings settings;
    slackline::ledger items;
    std::uint64_t count;
    std::uint64_t cuts;
    std::uint64_t items_total;
    std::uint64_t position = 0;
    std::uint64_t epochs_cut;
    bool final_placed = false;
    item_id next_new;
    std::set<item_id> returned;
    std::map<item_id, lease> leases;
    std::uint64_t leases_given = 0;
    std::map<item_id, trials> tried;                  ///< open items
    std::map<std::uint32_t, std::uint64_t> failures;  ///< by worker
    std::vector<held_commit> held;
    std::vector<applied_item> update;  ///< admitted, not closed
    std::map<std::uint32_t, worker_book> workers;
    bool replayed = false;  ///< it goes on where a former life was
    /// Workers that joined in this life, with the newest of their lives that is fenced out.
    std::map<std::uint32_t, std::uint64_t> fenced;
    ledger_history history;
    effects out;
};

}  // namespace slackline
