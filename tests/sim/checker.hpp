// The observer of a simulated run: sees every frame and every checkpoint, and holds them against
// the invariants.
//
//   N1 N5  an item is closed at most once in an era's history, all exactly once at the end; what
//          was acknowledged in the last era is applied
//   N2     a slice that is applied was pushed, to every shard, and a repeated push has equal bytes
//   N3     pulled versions, snapshots and published states equal a scalar replay, bit for bit
//   N4     no base above the count, no staleness above the bound
//   N6 N8  every shard is sent one and the same record for a position
//   N7     a shard's answers never go back within a life of it; an era begins with the newest
//          published state, or one whose publication had begun later; at the level logged none
//          begins after something was acknowledged, and else only where every copy of something
//          that was in sync met a fault: not because something moves; one in other shards begins
//          with all that was ordered
//   N10    what was published loads, with the bits that it was published with
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "actors/checkpoint_store.hpp"
#include "actors/consistency.hpp"
#include "actors/copy_list.hpp"
#include "actors/shard_map.hpp"
#include "actors/wire_order.hpp"
#include "tests/reference/replayer.hpp"
#include "tests/sim/log_replay.hpp"

namespace slackline {

struct checker_settings {
    std::shared_ptr<const shard_map> map;
    optimizer_settings optimizer;
    std::uint64_t seed = 0;
    std::uint64_t items_total = 0;
    std::optional<std::uint32_t> staleness;
    ack_level level = ack_level::applied;
};

class checker {
public:
    explicit checker(checker_settings settings);

    /// An actor was killed, or cut off. `ms`: time, which must be told before an era begins.
    void fault(address who, std::int64_t ms);
    void now(std::int64_t ms) { now_ms_ = ms; }
    void lists_noted(std::uint64_t era, const std::string& lists);
    void era_begins(std::uint64_t era, const std::optional<model_state>& from);
    void saw(address to, const frame& f, wire::Message::Reader m);
    /// The order is said to stand, and all of it to be in a checkpoint.
    void held(std::uint64_t count);
    /// It goes on from there in other shards.
    void resharded(std::shared_ptr<const shard_map> map);
    /// Is about to be written; and: was reported as published.
    void publishing(const model_state& state);
    void published(const model_state& state);

    /// The run is done; `last` is what a resume would load.
    void finished(const std::optional<model_state>& last);

    /// The same of what the logs have, by a replayer that sees nothing else. What they lack.
    std::string check_logs(const log_replay& logs);
    std::uint64_t logs_replayed() const { return logs_replayed_; }
    std::uint64_t era() const { return era_; }
    /// It is on the list that was noted last; where there are none, the only copy.
    bool is_in_sync(address who) const;
    void violate(const std::string& what);

    const std::vector<std::string>& violations() const { return violations_; }
    std::uint64_t versions_compared() const { return versions_compared_; }
    std::uint64_t applied() const { return applied_.size(); }
    std::uint64_t skipped() const { return skipped_.size(); }

private:
    struct image {
        std::vector<std::vector<float>> tensors;
        std::vector<std::vector<std::vector<float>>> state;
        std::vector<std::map<std::uint64_t, replayer::row>> tables;
    };

    void saw_push(const frame& f, wire::Message::Reader m);
    void saw_records(wire::Records::Reader r);
    void saw_pulled(wire::Message::Reader m);
    void saw_restored(address shard, std::uint64_t life);
    void saw_commit(std::uint32_t worker, wire::Commit::Reader c);
    void saw_snapshot(wire::Message::Reader m);
    void saw_account(wire::Account::Reader a);
    void take(const apply_record& r);
    void take(const stream_entry& e);
    void compare_slice(std::uint32_t shard, capnp::List<capnp::Data>::Reader chunks,
                       const std::vector<std::vector<float>>& tensors, const std::string& where);
    void compare_rows(std::uint32_t shard, std::size_t table, wire::TablePart::Reader part,
                      const image& at, bool with_state, const std::string& where);
    image now_is() const;
    bool may_be_lost() const;
    bool is_all_of_it(const ledger_state& l) const;
    void check_start(const std::optional<model_state>& from);

    checker_settings settings_;
    replayer replay_;
    std::uint64_t era_ = 0;
    std::uint64_t count_ = 0;
    bool resharded_ = false;           ///< the next era begins with all that was ordered
    std::vector<std::string> stream_;  ///< each entry's bytes, by position
    std::set<item_id> applied_;
    std::set<item_id> skipped_;
    std::set<item_id> acknowledged_;
    pushed_gradients pushes_;
    std::optional<model_state> began_from_;  ///< this era; none: initial values
    std::deque<model_state> kept_;           ///< the two last that were published in it
    std::uint64_t logs_replayed_ = 0;
    std::map<std::uint64_t, image> versions_;            ///< by count, of this era
    std::map<std::uint64_t, ledger_state> cut_ledgers_;  ///< by cut
    std::map<address, std::uint64_t> pulled_counts_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> floors_;  ///< by the worker's
                                                                               ///< life and lease
    std::map<address, std::uint64_t> lives_;  ///< of shards: the newest that was restored
    std::map<address, std::int64_t> faults_;  ///< when each had its last
    std::vector<copy_list::note> lists_;      ///< that were noted last
    std::int64_t now_ms_ = 0;
    /// Highest count that each shard offered to a worker's attempt.
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::map<std::uint32_t, std::uint64_t>>
        offered_;
    std::map<std::pair<version, std::uint64_t>, model_state> written_;  ///< by version and cuts
    std::optional<std::pair<version, std::uint64_t>> published_;        ///< the newest
    std::uint64_t versions_compared_ = 0;
    std::vector<std::string> violations_;
};

}  // namespace slackline
