// A run, or the part of one that this process hosts: every participant as a supervised actor.
//
// Tree: root (one_for_one) -> shards, sequencer, checkpointer, evaluator, coordinator, and for each
// worker a supervisor (rest_for_one) of its device and its worker; where shards and sequencer keep
// logs, for each of them one (rest_for_one) of its log and itself. The run ends when the observer
// was told that it finished or failed; the tree is then stopped in reverse order. Where only a part
// is hosted, the tree holds that part, and the others are reached by the link.
// Owner and thread: one thread starts, waits and stops. Edges outlive the run.
#pragma once

#include <algorithm>
#include <atomic>
#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/checkpoint_store.hpp"
#include "actors/consistency.hpp"
#include "actors/coordinator.hpp"
#include "actors/evaluator.hpp"
#include "actors/local_link.hpp"
#include "actors/log/log_actor.hpp"
#include "actors/logged_actor.hpp"
#include "actors/participant_actor.hpp"
#include "actors/sequencer_service.hpp"
#include "actors/shard.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/worker.hpp"

namespace slackline {

struct run_spec {
    std::uint64_t run = 1;
    std::uint64_t seed = 0;
    std::uint32_t workers = 1;
    std::int64_t heartbeat_ms = 200;
    std::uint32_t restarts_max = 3;  ///< a supervisor's within 5 s; one more ends the run
    std::uint16_t places = 1;        ///< for copies of a shard or the sequencer; more than are
                                     ///< wanted where these can move
    std::shared_ptr<const shard_map> map;
    optimizer_settings optimizer;
    sequencer_settings rules;
    std::int64_t checkpoint_every_ms = 0;
    std::int64_t cut_parts_ms = 30'000;  ///< a cut whose parts are not all there by then is lost
    std::int64_t give_up_ms = 60'000;    ///< a last checkpoint that fails is tried for so long
    std::uint32_t patience = 0;
    double min_delta = 0;
    std::size_t keep = 2;                    ///< checkpoints that are kept
    std::uint64_t log_bytes_max = 1u << 30;  ///< a shard's log that grew by so much wants one
    bool resumes = false;  ///< goes on in the era that an earlier submission of this run left,
                           ///< where it was logged
    bool adopt = false;    ///< an era of this run may be alive: go on in it where it is
    std::uint64_t first_era = 0;  ///< eras from here on belong to this submission of the run;
                                  ///< 0: those that begin after the start
    std::function<bool(address)> removed;  ///< see coordinator_settings
    std::function<std::shared_ptr<model>()> make_model;
    std::function<std::shared_ptr<batch_edge>()> make_batches;
    evaluate_edge evaluate;
};

struct run_edges {
    local_link& actors;  ///< where actors register under their addresses
    link_edge& link;     ///< how frames travel; in one process the same thing
    clock_edge& clock;
    incarnations_edge& incarnations;
    checkpoint_store& store;
    run_observer& observer;
    supervision_observer supervision;
    std::function<bool(address)> hosts = {};  ///< what of the run lives here; empty: all of it
    /// Where shards and the sequencer keep their logs; empty: they keep none.
    std::function<log_place(address)> logs = {};
};

class embedded_run {
public:
    /// With `threads_of_their_own`, devices, checkpointer, evaluator and large shards do not share
    /// the pool.
    embedded_run(caf::actor_system& system, run_spec spec, run_edges edges,
                 bool threads_of_their_own);
    ~embedded_run();

    /// Starts every actor. `on_end` is called when the tree is over: with a reason if it gave up.
    void start(std::function<void(const std::string& reason)> on_end);

    /// A checkpoint now, published some time later.
    void request_checkpoint();

    /// The workers that live here finish what they have, hand back the rest and take nothing more,
    /// also those that their supervisors start again.
    void drain_workers();

    /// The copies of shards and sequencer that live here hand over to others, where there are some,
    /// and say to the coordinator that they leave.
    void hand_over();

    /// They were told to, and every one of them has left. Any thread may ask.
    bool drained() const;

    /// Ends the actor at an address at once, as a crash would. False when there is none.
    bool kill(address who);

    /// Stops the tree, in reverse order; on_end follows.
    void stop();

private:
    bool hosts(address who) const { return !edges_.hosts || edges_.hosts(who); }
    std::vector<address> hosted() const;
    std::uint16_t places() const {
        return std::max(spec_.places, spec_.rules.consistency.replicas);
    }
    child_spec child_of(address who);
    child_spec participant_child(std::string name, address at, bool own_thread,
                                 std::function<std::shared_ptr<participant>()> make);
    child_spec logged_child(std::string name, address at, logged_participant_maker make);
    child_spec worker_tree(std::uint32_t index);
    child_spec shard_child(address who);
    child_spec sequencer_child(address who);
    child_spec coordinator_child();
    std::optional<std::uint64_t> era_left();
    child_spec checkpointer_child();
    child_spec evaluator_child();
    std::size_t unapplied_max() const;
    caf::actor spawn_worker(std::uint32_t index);
    actor_edges edges_of_actors() { return {edges_.link, edges_.clock, spec_.heartbeat_ms}; }

    caf::actor_system& system_;
    run_spec spec_;
    run_edges edges_;
    bool threads_of_their_own_;
    caf::actor root_;
    std::vector<caf::actor> devices_;
    std::atomic<bool> draining_ = false;
    std::atomic<bool> handing_over_ = false;
    std::map<std::uint32_t, std::shared_ptr<std::atomic<bool>>> drained_;  ///< workers hosted
    std::uint64_t first_era_;
    bool coordinated_ = false;  ///< the coordinator was started before
};

}  // namespace slackline
