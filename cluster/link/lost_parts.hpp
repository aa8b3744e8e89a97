// What was on a node whose connection is lost, and whose it is to judge: workers are the
// sequencer's, shards and sequencers the coordinator's.
//
// Pure; owner and thread: the mesh.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "actors/consistency.hpp"
#include "cluster/file/placement.hpp"

namespace slackline {

class lost_parts {
public:
    /// Something was sent there: a run may be cut into more shards than the cluster file says.
    void note(address to) {
        if (to.role == role::SHARD) shards_ = std::max(shards_, to.index + 1);
    }

    /// Each part that may be on the node, and who is told that it is over with it.
    std::vector<std::pair<address, address>> on(std::uint32_t node, const placement& places) const {
        std::vector<std::pair<address, address>> all;
        for (const auto& lost : places.parts_on(node, std::max(shards_, places.shards()))) {
            if (lost.role != role::WORKER) all.emplace_back(lost, address{role::COORDINATOR, 0});
            for (std::uint16_t c = 0; lost.role == role::WORKER && c < replicas_max; ++c)
                all.emplace_back(lost, address{role::SEQUENCER, 0, c});
        }
        return all;
    }

private:
    std::uint32_t shards_ = 0;
};

}  // namespace slackline
