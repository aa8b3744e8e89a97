// A node's part of a run: loaded, held, drained and let go, as the registrar wants it.
//
// Owner and thread: the node's agent; now() and drained() from any thread. A thread of its own does
// the work from open() to the end of close(): it loads, waits while the part is held, and stops it.
// The edges outlive it. Destroying it closes it and waits: for what is being loaded, and for a
// gradient that is being computed.
//
// Draining: workers hand back their items. Where the coordinator is here, a checkpoint is asked
// for and is there once it was published. Elsewhere the registrar is asked for one, again and again
// until this node's part of it (its shard's snapshot, its sequencer's account) has left: whether
// all of it was published is not known here. Where another node can hold what is here, that is
// handed over instead, and nothing of it is asked for. None is waited for longer than the job's
// checkpoint.give_up_s.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "actors/edges.hpp"
#include "actors/run_host.hpp"
#include "cluster/node/checkpoint_watch.hpp"
#include "cluster/node/node_place.hpp"
#include "kernels/model.hpp"

namespace caf {
class actor_system;
}

namespace slackline {

class held_part;
class local_link;
struct run_order;
struct run_part;

struct hosted_run_settings {
    std::vector<model_entry> models;
    node_place here;
    std::int64_t stop_ms = 10'000;  ///< for the part to end in order; see on_stuck
};

struct hosted_run_edges {
    caf::actor_system& system;
    local_link& actors;  ///< of this node
    link_edge& link;     ///< to all actors of the cluster
    clock_edge& clock;
    incarnations_edge& incarnations;
    std::function<void(const std::string&)> log;
    /// The part gave up, for this reason, and is no longer held: the process is to end, so that its
    /// guard starts it again. Called on the host's thread.
    std::function<void(const std::string& reason)> on_lost;
    /// A gradient or an evaluation does not return, so the part cannot end: the process is to end
    /// at once. Called on the host's thread, which then waits on.
    std::function<void()> on_stuck;
};

class hosted_run : public run_host {
public:
    hosted_run(hosted_run_settings settings, hosted_run_edges edges);
    ~hosted_run() override;

    /// The cluster has grown: runs that are opened from now on know it. Any thread.
    void know(node_place here);

    /// The process ends: what is held is stopped as by close(), but its logs stay.
    void stop();

    void open(const frame& owner, wire::RunSpec::Reader spec) override;
    void close() override;
    /// What is being opened is given up.
    void drain() override;
    bool drained() const override;
    bool handed_back() const override;
    hosting_state now() const override;

private:
    using lock = std::unique_lock<std::mutex>;

    void let_go(bool for_ever);
    void hold(const run_order& order);
    void serve(const run_part& part, const run_order& order, const node_place& here);
    /// Until it is to close (none) or the tree is over: the reason.
    std::optional<std::string> follow(held_part& part);
    std::optional<std::string> drain_all(held_part& part);
    void ask_for_checkpoint(std::uint64_t run);
    void end(held_part& part);
    void refuse(const std::string& sentence);
    bool closing() const;
    bool forgets() const;
    bool opened();
    void over(const std::string& reason);

    hosted_run_settings settings_;
    hosted_run_edges edges_;
    checkpoint_watch link_;
    mutable std::mutex mutex_;
    std::shared_ptr<const node_place> here_;
    std::condition_variable changed_;
    hosting_state state_;
    bool closing_ = false;
    bool forgets_ = false;  ///< what it closes is over for ever
    bool draining_ = false;
    bool drained_ = false;
    bool handed_back_ = false;
    std::optional<std::string> ended_;  ///< the tree is over; the reason if it gave up
    std::thread thread_;
};

}  // namespace slackline
