// The way of a node's frames to the others; on request it watches for a checkpoint to leave.
//
// Where the coordinator is here, that is the word that one was published, or that the run is over.
// Elsewhere it is this node's part of it: the snapshot of its shard, the account of its sequencer;
// or the word that these have left, for others hold what they held. Who hands over is waited for
// until it has.
// Thread-safe. `to` outlives it. Until begin() nothing is read.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "actors/edges.hpp"

namespace slackline {

class checkpoint_watch : public link_edge {
public:
    explicit checkpoint_watch(link_edge& to) : to_(to) {}

    void send(address to, frame f) override;

    /// Watches until each of `who` (coordinator, sequencer, shards) has told its part.
    void begin(std::set<address> who);
    /// Whether all have since begin().
    bool seen() const { return !watching_; }

private:
    void look(const frame& f);

    link_edge& to_;
    std::atomic<bool> watching_{false};
    std::mutex mutex_;
    std::set<address> awaited_;
    std::set<address> handing_over_;
};

}  // namespace slackline
