// The words of a run's one order: versions, leases, commits, answers and records.
//
// Plain values shared by the sequencer, the shards, the workers and the checkers.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kernels/optimizer.hpp"

namespace slackline {

using item_id = std::uint64_t;  ///< a mini-batch, numbered through the whole run

/// One life of one worker. A newer incarnation fences out the older ones.
struct worker_key {
    std::uint32_t worker = 0;
    std::uint64_t incarnation = 0;
    auto operator<=>(const worker_key&) const = default;
};

/// One number for the whole model: apply records so far, within an era.
struct version {
    std::uint64_t era = 0;
    std::uint64_t count = 0;
    auto operator<=>(const version&) const = default;
};

/// A gradient that the sequencer put into an update.
struct applied_item {
    item_id item = 0;
    std::uint64_t base = 0;     ///< count of its base
    worker_key from;            ///< whose payload
    float clip = 1;             ///< factor on the gradient
    std::uint64_t attempt = 0;  ///< which gradient of the item, among that worker's
    bool operator==(const applied_item&) const = default;
};

/// Makes count `count` out of count - 1: the mean of the items, in this order.
struct apply_record {
    std::uint64_t count = 0;
    std::vector<applied_item> items;
    float divisor = 1;
    step_scalars scalars;
};

/// An item that is never applied, and why.
struct skip_record {
    item_id item = 0;
    std::string cause;
    bool operator==(const skip_record&) const = default;
};

/// What a cut is for; several may hold.
struct cut_purpose {
    bool checkpoint = false;
    bool evaluate = false;
    bool final = false;  ///< the run's last: every item is applied or skipped
    bool operator==(const cut_purpose&) const = default;
};

/// "Snapshot here": all shards at the same count.
struct cut_record {
    std::uint64_t cut = 0;    ///< numbered through the run
    std::uint64_t count = 0;  ///< the count that is snapshot
    cut_purpose purpose;
};

using record = std::variant<apply_record, skip_record, cut_record>;

/// A record at its place in the era's order; positions start at 0 in every era.
struct placed_record {
    std::uint64_t position = 0;
    record body;
};

/// What a commit came to.
enum class answer {
    first,      ///< in the order; the apply is inevitable
    duplicate,  ///< another commit of this item was the first
    recompute,  ///< refused: base too old; the item is leased again
    skipped,    ///< refused and recorded as skipped, or skipped before
    fenced,     ///< this incarnation or era is over: join again
};

/// How the items of an account came to be closed. Goes back with the account.
struct ledger_history {
    static constexpr std::size_t skips_max = 100;
    static constexpr std::size_t staleness_slots = 4'096;  ///< the last one: as stale, or staler

    std::vector<std::uint64_t> staleness;  ///< applied items by staleness
    std::uint64_t duplicates = 0;          ///< second commits that were refused
    std::uint64_t recomputed = 0;          ///< gradients refused as too old
    std::uint64_t leases_ended = 0;        ///< without a commit in time
    std::vector<skip_record> skips;        ///< the last ones
    bool operator==(const ledger_history&) const = default;
};

/// The account of the items, and all the sequencer needs to go on from a cut.
struct ledger_state {
    std::uint64_t watermark = 0;         ///< every item below is applied or skipped
    std::vector<item_id> applied_above;  ///< applied items >= watermark, ascending
    std::vector<item_id> skipped_above;  ///< skipped items >= watermark, ascending
    std::uint64_t applied = 0;           ///< total
    std::uint64_t skipped = 0;           ///< total
    std::uint64_t count = 0;             ///< apply records so far
    std::uint64_t cuts = 0;              ///< cut records so far
    std::uint64_t items_total = 0;       ///< of the run; smaller after an early stop
    std::vector<std::pair<item_id, std::uint32_t>> tries;  ///< failures of open items, ascending
    ledger_history history;
    std::uint64_t position = 0;  ///< entries of its era's stream that it is the sum of
    bool operator==(const ledger_state&) const = default;
};

}  // namespace slackline
