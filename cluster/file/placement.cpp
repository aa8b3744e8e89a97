#include "cluster/file/placement.hpp"

#include <cassert>

namespace slackline {

placement::placement(const cluster_file& file) {
    std::optional<std::uint32_t> sequencer;
    for (std::uint32_t i = 0; i < file.nodes.size(); ++i) {
        const auto& n = file.nodes[i];
        if (n.coordinator) coordinator_ = i;
        if (n.sequencer) sequencer = i;
        if (n.shard) shards_.push_back(i);
        workers_.insert(workers_.end(), n.workers, i);
        only_workers_.push_back(!n.coordinator && !n.sequencer && !n.shard);
    }
    assert(!shards_.empty());
    sequencer_ = sequencer.value_or(shards_.front());
}

std::optional<std::uint32_t> placement::node_of(address who) const {
    const auto one = [&](std::uint32_t node) {
        return who.index == 0 ? std::optional(node) : std::nullopt;
    };
    const auto of = [&](const std::vector<std::uint32_t>& all) {
        return who.index < all.size() ? std::optional(all[who.index]) : std::nullopt;
    };
    switch (who.role) {
        case role::COORDINATOR:
        case role::CHECKPOINTER:
        case role::EVALUATOR:
        case role::REGISTRAR:
            return one(coordinator_);
        case role::SEQUENCER:
            return one(sequencer_);
        case role::SHARD:
            return of(shards_);
        case role::WORKER:
            return of(workers_);
        case role::NODE:
            return who.index < nodes() ? std::optional(who.index) : std::nullopt;
        case role::CLIENT:
            return std::nullopt;
    }
    return std::nullopt;
}

bool placement::linked(std::uint32_t a, std::uint32_t b) const {
    if (a == b || a >= nodes() || b >= nodes()) return false;
    return !only_workers_[a] || !only_workers_[b];
}

}  // namespace slackline
