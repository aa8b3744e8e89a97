#include "cluster/link/lost_parts.hpp"

#include <set>

#include "tests/catch.hpp"

using namespace slackline;

TEST_CASE("with a node go all parts that may be on it, each to who judges it", "[cluster][link]") {
    cluster_file file;
    file.nodes.resize(3);
    file.nodes[0].coordinator = file.nodes[0].shard = file.nodes[1].shard = true;
    file.nodes[1].workers = 1;
    file.nodes[2].workers = 1;
    const placement places(file);
    lost_parts parts;
    const auto shards_on = [&](std::uint32_t node) {
        std::set<std::uint32_t> shards;
        for (const auto& [lost, to] : parts.on(node, places)) {
            if (lost.role != role::WORKER) CHECK(to == address{role::COORDINATOR, 0});
            if (lost.role == role::SHARD && lost.copy == 0) shards.insert(lost.index);
        }
        return shards;
    };
    CHECK(shards_on(1) == std::set<std::uint32_t>{1});
    parts.note({role::WORKER, 7});
    CHECK(shards_on(1) == std::set<std::uint32_t>{1});
    parts.note({role::SHARD, 4});  // the run was cut into more than there are nodes
    parts.note({role::SHARD, 2});
    CHECK(shards_on(1) == std::set<std::uint32_t>{1, 3});
    CHECK(shards_on(0) == std::set<std::uint32_t>{0, 2, 4});

    const auto only_a_worker = parts.on(2, places);
    REQUIRE(only_a_worker.size() == replicas_max);  // whichever copy of the sequencer leads
    for (const auto& [lost, to] : only_a_worker) {
        CHECK(lost == address{role::WORKER, 1});
        CHECK(to.role == role::SEQUENCER);
    }
}
