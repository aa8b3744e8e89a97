// Gathers the parts of one cut: a snapshot from every shard and the sequencer's account.
//
// One cut is gathered at a time: parts of an older era or cut than the newest begun are dropped,
// and so are parts that come after theirs was cleared.
// Pure. Owner and thread: the checkpointer or the evaluator.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "actors/order.hpp"
#include "actors/shard_map.hpp"
#include "messages/frame.hpp"

namespace slackline {

class cut_parts {
public:
    explicit cut_parts(std::uint32_t shards) : snapshots_(shards) {}

    /// Takes a Snapshot or an Account; true when the cut is complete.
    bool take(const frame& f, wire::Message::Reader m, std::int64_t now_ms);

    /// A cut was begun that long ago and is not complete.
    bool overdue(std::int64_t now_ms, std::int64_t limit_ms) const;

    bool empty() const { return !begun_; }
    std::uint64_t era() const { return newest_->first; }
    const cut_record& cut() const { return cut_; }
    const ledger_state& ledger() const { return *ledger_; }
    const std::vector<frame>& snapshots() const { return snapshots_; }
    /// This cut is done with, or given up.
    void clear();

private:
    bool begun_ = false;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> newest_;  ///< era and cut
    cut_record cut_;
    std::int64_t begun_ms_ = 0;
    std::optional<ledger_state> ledger_;
    std::vector<frame> snapshots_;
};

}  // namespace slackline
