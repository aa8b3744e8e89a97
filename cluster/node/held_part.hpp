// What a node holds of a run while it is open: the tree of its actors and, with the coordinator,
// the run's folder.
//
// Owner and thread: the host's thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "actors/checkpoint/stored_checkpoints.hpp"
#include "actors/run_events.hpp"
#include "cluster/node/run_part.hpp"
#include "cluster/posix_storage.hpp"

namespace slackline {

struct held_part_edges {
    caf::actor_system& system;
    local_link& actors;
    link_edge& link;
    clock_edge& clock;
    incarnations_edge& incarnations;
    std::function<void(const std::string&)> log;
};

class held_part {
public:
    held_part(const run_part& part, const run_order& order, const node_place& here,
              held_part_edges edges);

    /// Removes what other runs have left of their logs. With the coordinator: takes the run's
    /// folder and introduces the run. Then starts the tree; `on_end` is called on a thread of the
    /// actors' when it is over.
    result<void> start(std::function<void(const std::string& reason)> on_end);

    /// Ends the tree, in order; on_end follows.
    void stop() { tree_.stop(); }

    /// The run is over: its logs are not needed any more. After the end of the tree.
    void forget_logs() { forget(std::to_string(run_)); }

    void drain() {
        tree_.drain_workers();
        tree_.hand_over();
    }
    bool workers_drained() const { return tree_.drained(); }
    void request_checkpoint() { tree_.request_checkpoint(); }

    bool coordinates() const { return here_.has({role::COORDINATOR, 0}); }
    /// Those here whose word tells that a checkpoint left, or was published.
    std::set<address> holders_of_state() const;

    std::uint64_t run() const { return run_; }
    std::int64_t heartbeat_ms() const { return job_.heartbeat_ms; }
    std::int64_t give_up_ms() const {
        return static_cast<std::int64_t>(job_.checkpoint_give_up_s * 1000);
    }

private:
    run_edges edges_of_tree();
    run_introduction introduction() const;
    bool logged() const { return job_.consistency.level == ack_level::logged; }
    std::function<log_place(address)> logs(std::function<void(const std::string&)> tell);
    void forget_others();
    void forget(const std::string& name);

    std::uint64_t run_;
    job job_;
    data_facts data_;
    const node_place& here_;
    held_part_edges edges_;
    std::shared_ptr<const shard_map> map_;
    std::uint16_t places_;  ///< of each shard and the sequencer
    event_observer observer_;
    posix_storage files_;
    posix_storage log_files_;
    std::shared_ptr<void> lock_;
    stored_checkpoints store_;
    embedded_run tree_;
};

}  // namespace slackline
