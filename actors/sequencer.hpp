// The sequencer's decisions: leases, admission, the ledger and the one order. Pure core.
//
// Owner and thread: one actor, one thread at a time. It is told the time; it does no I/O, moves no
// tensor and holds no reference to anybody. Each function returns what to do, in order.
// Units: times in milliseconds of the caller's monotonic clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/consistency.hpp"
#include "actors/order.hpp"

namespace slackline {

struct sequencer_settings {
    consistency_settings consistency;
    std::uint64_t items_per_epoch = 1;
    std::uint64_t items_total = 0;
    std::uint32_t tries = 3;                  ///< failures of an item before it is skipped
    double gradient_norm_max = 0;             ///< a longer gradient is poison; 0 = none is
    float clip_norm = 0;                      ///< 0 = no clipping
    std::uint64_t ledger_items_max = 65'536;  ///< nothing is leased further above the lowest open
    std::int64_t lease_min_ms = 2'000;        ///< 10 heartbeats
    std::uint32_t evaluate_every_epochs = 1;  ///< 0 = only at the end
    /// Scalars of the apply that makes `count`, when `items_closed` items were closed before it.
    std::function<step_scalars(std::uint64_t count, std::uint64_t items_closed)> scalars;
};

/// A lease for one item, to one worker. `floor`: the count now; the base must not be below it.
/// Leases are numbered through the era; a grant that is sent again has the same number.
struct grant {
    worker_key to;
    item_id item = 0;
    std::uint64_t floor = 0;
    std::uint64_t lease = 0;
};

struct reply {
    worker_key to;
    item_id item = 0;
    answer what = answer::first;
    std::uint64_t attempt = 0;  ///< the commit's
};

/// The worker may stop computing this item: its commit would be refused or is no longer needed.
struct cancel {
    worker_key to;
    item_id item = 0;
    std::uint64_t lease = 0;
};

/// To every shard: nothing more is taken from this incarnation; landed slices of it that are not
/// named in `keep` (admitted or held) can be dropped.
struct fence {
    worker_key who;
    std::vector<item_id> keep;
};

/// To every shard: this landed slice will never be applied.
struct drop {
    worker_key who;
    item_id item = 0;
    std::uint64_t attempt = 0;
};

using effect = std::variant<grant, reply, cancel, fence, drop, placed_record>;
using effects = std::vector<effect>;

/// What a worker says when its gradient has landed on every shard.
struct commit {
    worker_key from;
    item_id item = 0;
    std::uint64_t base = 0;
    double squared_norm = 0;      ///< of the whole gradient
    std::int64_t compute_ms = 0;  ///< how long the item took
    std::uint64_t attempt = 0;    ///< the worker's number for this gradient
    std::uint64_t lease = 0;      ///< under which it was computed
};

struct worker_stats {
    worker_key who;
    std::uint64_t clock = 0;  ///< its steps: items taken of it, and items that failed on it
    std::uint32_t open = 0;
    std::uint32_t window = 0;
    std::int64_t item_ms = 0;
    std::uint64_t failures = 0;  ///< of any of its lives, in this era
};

struct sequencer_stats {
    std::uint64_t count = 0;
    std::uint64_t applied = 0;
    std::uint64_t skipped = 0;
    std::uint64_t items_total = 0;
    std::uint64_t watermark = 0;
    ledger_history history;
    std::vector<worker_stats> workers;
};

class sequencer {
public:
    /// Starts an era from a state: a fresh one ({} with items_total set by settings) or a cut's.
    sequencer(sequencer_settings settings, ledger_state from);
    ~sequencer();
    sequencer(sequencer&&) noexcept;

    /// A worker is here. Again by the same incarnation: its open leases are granted again (that is
    /// how lost grants are mended). By a newer one: the older one is dead.
    effects join(worker_key who, std::int64_t now_ms);

    /// `open`: the items it works on. Grants that it lacks are sent again; its leases go on. What
    /// it lost and does not work on any more takes no place of it.
    effects beat(worker_key who, const std::vector<item_id>& open, std::int64_t now_ms);

    /// Not answered while it, or another's of the same item, waits for its place in the order: the
    /// worker says it again.
    effects committed(const commit& c, std::int64_t now_ms);

    /// The gradient threw or is poison. The item is tried on another worker where there is one;
    /// after `tries` failures it is skipped.
    effects failed(worker_key who, item_id item, std::uint64_t lease, const std::string& cause,
                   std::int64_t now_ms);

    /// The worker is gone, with this incarnation and those before it: its leases return, the
    /// item that it had for the longest to others first; its landed commits stay.
    effects died(worker_key who, std::int64_t now_ms);

    /// Ends leases whose deadline has passed: these items are tried on other workers first, with
    /// longer and longer leases, and skipped after many. Who still works on one has a place less;
    /// what comes of it is taken if it is the first.
    effects tick(std::int64_t now_ms);

    /// Every lease ends that much later.
    void postpone(std::int64_t by_ms);

    /// Places a cut into the order, at the current count.
    effects cut(cut_purpose purpose, std::int64_t now_ms);

    /// No item is started that was not leased before, in this era or before it, up to the highest
    /// that is closed; the run ends when those are closed. Once more changes nothing.
    effects stop_early(std::int64_t now_ms);

    /// Every item is applied or skipped, and the final cut is placed.
    bool finished() const;

    /// To a shard that has forgotten: the lives that were fenced out before.
    effects fence_again() const;

    /// A record that was placed in a former life, before anything else happens.
    void replay(const record& r);

    /// A former life began this era. Leases and lives are gone: whoever joins is new, and what its
    /// former lives have landed is fenced out.
    void goes_on();

    /// It is applied or skipped.
    bool closed(item_id item) const;

    /// No update is open: all that was admitted is in the order.
    bool between_updates() const;

    /// The ledger as of the last record placed: belongs to a cut placed just now.
    ledger_state ledger() const;
    sequencer_stats stats() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace slackline
