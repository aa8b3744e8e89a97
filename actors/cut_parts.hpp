// Gathers the parts of cuts: a snapshot from every shard and the sequencer's account.
//
// Shards and sequencer do not wait for each other, so the parts of several cuts may come mixed.
// Parts of one sender come in the order of the cuts, unless some are lost: a cut that misses parts
// when a newer one is complete is lost, and so is one whose parts take too long. Of a newer era's
// first part on the older ones count no more.
// Pure. Owner and thread: the checkpointer or the evaluator.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/order.hpp"
#include "actors/shard_map.hpp"
#include "messages/frame.hpp"

namespace slackline {

struct whole_cut {
    std::uint64_t era = 0;
    cut_record cut;
    ledger_state ledger;
    std::vector<frame> snapshots;  ///< [shards]
};

struct lost_cut {
    std::uint64_t era = 0;
    cut_record cut;
};

class cut_parts {
public:
    /// More cuts are not gathered at a time: the oldest is lost then.
    static constexpr std::size_t cuts_max = 32;

    explicit cut_parts(std::uint32_t shards) : shards_(shards) {}

    /// Takes a Snapshot or an Account; the cut that is complete with it.
    std::optional<whole_cut> take(const frame& f, wire::Message::Reader m, std::int64_t now_ms);

    /// The cuts that came to nothing; begun more than `limit_ms` ago is one of the reasons. Each is
    /// told once.
    std::vector<lost_cut> take_lost(std::int64_t now_ms, std::int64_t limit_ms);

private:
    using key = std::pair<std::uint64_t, std::uint64_t>;  ///< era and cut
    struct gathered {
        cut_record cut;
        std::int64_t begun_ms = 0;
        std::optional<ledger_state> ledger;
        std::vector<frame> snapshots;  ///< [shards]
    };
    using cuts = std::map<key, gathered>;

    bool admits(const key& k);
    /// This cut and the older ones are over; the older ones are lost, with it where it is too.
    void close(cuts::iterator at, bool lost);

    std::uint32_t shards_;
    cuts cuts_;
    std::optional<key> closed_;  ///< the newest that is complete or lost
    std::vector<lost_cut> lost_;
};

}  // namespace slackline
