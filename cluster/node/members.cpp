#include "cluster/node/members.hpp"

#include "cluster/file/placement.hpp"

namespace slackline {

std::vector<cluster_member> members_of(const cluster_file& file, std::uint32_t shards) {
    const placement places(file);
    if (shards == 0) shards = places.shards();
    std::vector<cluster_member> members(file.nodes.size());
    for (std::size_t n = 0; n < members.size(); ++n) {
        const auto& from = file.nodes[n];
        auto& m = members[n];
        m.name = from.name;
        m.coordinator = from.coordinator;
        m.joined = from.joined;
        if (from.coordinator) m.roles.push_back("coordinator");
        if (from.shard) m.roles.push_back("shard");
        if (from.workers > 0) m.roles.push_back("worker");
    }
    for (std::uint32_t s = 0; s < shards; ++s)
        members[*places.node_of({role::SHARD, s})].shards.push_back(s);
    for (std::uint32_t n = 0; n < places.nodes(); ++n)
        for (const auto& part : places.parts_on(n, shards))
            if (part.copy > 0) members[n].copies.push_back(part);
    for (std::uint32_t w = 0; w < places.workers(); ++w)
        members[*places.node_of({role::WORKER, w})].workers.push_back(w);
    auto& sequencer = members[*places.node_of({role::SEQUENCER, 0})];
    sequencer.sequencer = true;
    sequencer.roles.push_back("sequencer");
    return members;
}

cluster_shape shape_of(const cluster_file& file) {
    const placement places(file);
    return {places.workers(), places.shards(), places.copies_max(), file.heartbeat_ms};
}

}  // namespace slackline
