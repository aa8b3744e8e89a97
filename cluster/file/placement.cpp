#include "cluster/file/placement.hpp"

#include <algorithm>
#include <cassert>

namespace slackline {

placement::placement(const cluster_file& file) {
    std::optional<std::uint32_t> sequencer;
    for (std::uint32_t i = 0; i < file.nodes.size(); ++i) {
        const auto& n = file.nodes[i];
        if (n.coordinator) coordinator_ = i;
        if (n.sequencer) sequencer = i;
        if (n.shard) (n.joined ? spares_ : shards_).push_back(i);
        workers_.insert(workers_.end(), n.workers, i);
        only_workers_.push_back(!n.coordinator && !n.sequencer && !n.shard);
    }
    assert(!shards_.empty());
    for (std::size_t s = 0; s < shards_.size(); ++s)
        shard_copies_.push_back(copies_of(shards_[s], s + 1, file));
    const auto first = sequencer.value_or(shards_.front());
    const auto at = std::find(shards_.begin(), shards_.end(), first);
    const auto behind = at == shards_.end() ? 0 : at - shards_.begin() + 1;
    sequencer_copies_ = copies_of(first, static_cast<std::size_t>(behind), file);
}

// Its own node, and then the shards' from the one numbered `shard` on, round once: those on hosts
// that have none of it yet before the others.
std::vector<std::uint32_t> placement::copies_of(std::uint32_t first, std::size_t shard,
                                                const cluster_file& file) const {
    std::vector<std::uint32_t> all{first};
    const auto same_host = [&](std::uint32_t node) {
        return std::any_of(all.begin(), all.end(), [&](std::uint32_t n) {
            return file.nodes[n].host == file.nodes[node].host;
        });
    };
    for (const bool other_hosts : {true, false})
        for (std::size_t i = 0; i < shards_.size(); ++i) {
            const auto node = shards_[(shard + i) % shards_.size()];
            if (std::find(all.begin(), all.end(), node) != all.end()) continue;
            if (other_hosts && same_host(node)) continue;
            all.push_back(node);
        }
    all.insert(all.end(), spares_.begin(), spares_.end());
    return all;
}

std::uint16_t placement::copies_max() const {
    auto least = sequencer_copies_.size();
    for (const auto& c : shard_copies_) least = std::min(least, c.size());
    return static_cast<std::uint16_t>(least);
}

std::optional<std::uint32_t> placement::node_of(address who) const {
    const auto one = [&](std::uint32_t node) {
        return who.index == 0 && who.copy == 0 ? std::optional(node) : std::nullopt;
    };
    const auto of = [&](const std::vector<std::uint32_t>& all) {
        return who.index < all.size() && who.copy == 0 ? std::optional(all[who.index])
                                                       : std::nullopt;
    };
    const auto copy_of = [&](const std::vector<std::uint32_t>& all) {
        return who.copy < all.size() ? std::optional(all[who.copy]) : std::nullopt;
    };
    switch (who.role) {
        case role::COORDINATOR:
        case role::CHECKPOINTER:
        case role::EVALUATOR:
        case role::REGISTRAR:
            return one(coordinator_);
        case role::SEQUENCER:
            return who.index == 0 ? copy_of(sequencer_copies_) : std::nullopt;
        case role::SHARD:
            return who.index < shards_max ? copy_of(shard_copies_[who.index % shards_.size()])
                                          : std::nullopt;
        case role::WORKER:
            return of(workers_);
        case role::NODE:
            return who.index < nodes() ? std::optional(who.index) : std::nullopt;
        case role::CLIENT:
            return std::nullopt;
    }
    return std::nullopt;
}

std::vector<address> placement::parts_on(std::uint32_t node, std::uint32_t shards) const {
    std::vector<address> all;
    const auto add = [&](address who) {
        if (node_of(who) == node) all.push_back(who);
    };
    for (std::uint32_t w = 0; w < workers(); ++w) add({role::WORKER, w});
    for (std::uint16_t c = 0; c < copies_max(); ++c) {
        add({role::SEQUENCER, 0, c});
        for (std::uint32_t s = 0; s < shards; ++s) add({role::SHARD, s, c});
    }
    return all;
}

bool placement::linked(std::uint32_t a, std::uint32_t b) const {
    if (a == b || a >= nodes() || b >= nodes()) return false;
    return !only_workers_[a] || !only_workers_[b];
}

}  // namespace slackline
