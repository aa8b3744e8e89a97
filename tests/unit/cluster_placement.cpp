#include "cluster/file/placement.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t clusters = 500;

// Which actors a node holds, each by its address: the reading of the file, node by node.
using holders = std::vector<std::vector<address>>;

cluster_node node(std::uint32_t workers, bool shard) {
    cluster_node n;
    n.workers = workers;
    n.shard = shard;
    return n;
}

cluster_file drawn(std::mt19937_64& random) {
    const auto below = [&](std::uint64_t n) { return random() % n; };
    cluster_file file;
    const auto nodes = 1 + below(8);
    for (std::uint64_t i = 0; i < nodes; ++i)
        file.nodes.push_back(
            node(below(2) ? 0 : static_cast<std::uint32_t>(below(5)), below(2) == 0));
    file.nodes[below(nodes)].shard = true;
    file.nodes[below(nodes)].workers = 1;
    file.nodes[below(nodes)].coordinator = true;
    if (below(2)) file.nodes[below(nodes)].sequencer = true;
    return file;
}

holders model(const cluster_file& file) {
    holders all(file.nodes.size());
    std::uint32_t shard = 0;
    std::uint32_t worker = 0;
    bool sequencer = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& n = file.nodes[i];
        all[i].push_back({role::NODE, static_cast<std::uint32_t>(i)});
        if (n.coordinator)
            for (const auto r :
                 {role::COORDINATOR, role::CHECKPOINTER, role::EVALUATOR, role::REGISTRAR})
                all[i].push_back({r, 0});
        if (n.shard) all[i].push_back({role::SHARD, shard++});
        for (std::uint32_t w = 0; w < n.workers; ++w) all[i].push_back({role::WORKER, worker++});
        if (n.sequencer) {
            all[i].push_back({role::SEQUENCER, 0});
            sequencer = true;
        }
    }
    for (std::size_t i = 0; !sequencer; ++i) {
        if (!file.nodes[i].shard) continue;
        all[i].push_back({role::SEQUENCER, 0});
        sequencer = true;
    }
    return all;
}

std::optional<std::uint32_t> holder(const holders& all, address who) {
    for (std::size_t i = 0; i < all.size(); ++i)
        for (const auto& a : all[i])
            if (a == who) return static_cast<std::uint32_t>(i);
    return std::nullopt;
}

bool more_than_workers(const std::vector<address>& held) {
    for (const auto& a : held)
        if (a.role != role::WORKER && a.role != role::NODE) return true;
    return false;
}

}  // namespace

TEST_CASE("every actor of a drawn cluster is where a plain reading puts it", "[cluster][file]") {
    for (std::uint64_t seed = 1; seed <= clusters; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        const auto file = drawn(random);
        const auto all = model(file);
        const placement p(file);
        std::uint32_t count[9] = {};
        for (std::uint16_t r = 0; r < 9; ++r)
            for (std::uint32_t i = 0; i < 45; ++i) {
                const address who{static_cast<role>(r), i};
                INFO("role " << r << " index " << i);
                const auto of_file = holder(all, who);
                count[r] += of_file.has_value();
                if (who.role == role::SHARD)  // those beyond the file's go round
                    REQUIRE((p.node_of(who) == holder(all, {who.role, i % p.shards()})));
                else
                    REQUIRE((p.node_of(who) == of_file));
            }
        CHECK(p.nodes() == all.size());
        CHECK(p.shards() == count[static_cast<int>(role::SHARD)]);
        CHECK(p.workers() == count[static_cast<int>(role::WORKER)]);
        CHECK(file.nodes.at(p.coordinator()).coordinator);
        for (std::uint32_t a = 0; a < p.nodes(); ++a)
            for (std::uint32_t b = 0; b < p.nodes(); ++b) {
                INFO("nodes " << a << " and " << b);
                const bool some = more_than_workers(all[a]) || more_than_workers(all[b]);
                REQUIRE(p.linked(a, b) == (a != b && some));
            }
    }
}

TEST_CASE("a cluster's actors are placed as its file says", "[cluster][file]") {
    cluster_file file;
    file.nodes = {node(2, false), node(0, true), node(0, false), node(1, true)};
    file.nodes[2].coordinator = true;
    const placement p(file);
    CHECK(p.node_of({role::COORDINATOR, 0}) == 2u);
    CHECK(p.node_of({role::CHECKPOINTER, 0}) == 2u);
    CHECK(p.node_of({role::SEQUENCER, 0}) == 1u);
    CHECK(p.node_of({role::SHARD, 1}) == 3u);
    CHECK(p.node_of({role::SHARD, 2}) == 1u);
    CHECK(p.node_of({role::WORKER, 1}) == 0u);
    CHECK(p.node_of({role::WORKER, 2}) == 3u);
    CHECK(p.node_of({role::NODE, 3}) == 3u);
    for (const address nobody : {address{role::COORDINATOR, 1}, address{role::SEQUENCER, 1},
                                 address{role::SHARD, shards_max}, address{role::WORKER, 3},
                                 address{role::NODE, 4}, address{role::CLIENT, 0}})
        CHECK_FALSE(p.node_of(nobody));
    CHECK(p.linked(0, 1));
    CHECK_FALSE(p.linked(0, 0));
    CHECK_FALSE(p.linked(0, 4));

    file.nodes[0].sequencer = true;
    CHECK(placement(file).node_of({role::SEQUENCER, 0}) == 0u);
}

TEST_CASE("copies are on nodes of their own", "[cluster][file][copies]") {
    for (std::uint64_t seed = 1; seed <= clusters; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        auto file = drawn(random);
        for (auto& n : file.nodes) n.host = random() % 2 == 0 ? "a" : "b";
        const placement p(file);
        REQUIRE(p.copies_max() >= 1);
        const auto shards = 1 + static_cast<std::uint32_t>(random() % 20);
        for (std::uint32_t part = 0; part <= shards; ++part) {
            std::set<std::uint32_t> nodes;
            for (std::uint16_t c = 0; c < p.copies_max(); ++c) {
                const address who =
                    part == shards ? address{role::SEQUENCER, 0, c} : address{role::SHARD, part, c};
                const auto node = p.node_of(who);
                REQUIRE(node);
                const auto on = p.parts_on(*node, shards);
                CHECK(std::count(on.begin(), on.end(), who) == 1);
                CHECK(nodes.insert(*node).second);
                if (c > 0) CHECK(file.nodes[*node].shard);
            }
        }
    }
}

TEST_CASE("the second copy is on another host where there is one", "[cluster][file][copies]") {
    cluster_file file;
    file.nodes = {node(1, true), node(0, true), node(0, true)};
    file.nodes[0].coordinator = true;
    file.nodes[0].host = file.nodes[1].host = "a";
    file.nodes[2].host = "b";
    const placement p(file);
    CHECK(p.copies_max() == 3);
    CHECK(p.node_of({role::SHARD, 0, 1}) == 2u);
    CHECK(p.node_of({role::SHARD, 0, 2}) == 1u);
    CHECK(p.node_of({role::SHARD, 1, 1}) == 2u);
    CHECK(p.node_of({role::SHARD, 2, 1}) == 0u);
    CHECK(p.node_of({role::SEQUENCER, 0, 1}) == 2u);
    CHECK_FALSE(p.node_of({role::SHARD, 0, 3}));
    CHECK_FALSE(p.node_of({role::WORKER, 0, 1}));
}

TEST_CASE("a role that no schema of today has is nowhere", "[cluster][file]") {
    cluster_file file;
    file.nodes = {node(1, true)};
    file.nodes[0].coordinator = true;
    CHECK_FALSE(placement(file).node_of({static_cast<role>(77), 0}));
}

TEST_CASE("nodes that hold nothing but workers do not talk to each other", "[cluster][file]") {
    cluster_file file;
    file.nodes = {node(1, true), node(1, false), node(2, false), node(0, false)};
    file.nodes[0].coordinator = true;
    file.nodes[3].sequencer = true;
    const placement p(file);
    CHECK_FALSE(p.linked(1, 2));
    CHECK_FALSE(p.linked(2, 1));
    CHECK(p.linked(1, 0));
    CHECK(p.linked(1, 3));
    CHECK(p.linked(0, 3));
}
