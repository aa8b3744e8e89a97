#include "cluster/file/grown_file.hpp"

#include "cluster/file/cluster_id.hpp"
#include "cluster/file/placement.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

cluster_file three() {
    return parse_cluster_file(R"([cluster]
name = "local"
[[node]]
name = "head"
address = "127.0.0.1:0"
roles = ["coordinator"]
[[node]]
name = "shard-0"
address = "127.0.0.1:0"
roles = ["shard", "worker"]
[[node]]
name = "shard-1"
address = "127.0.0.1:0"
roles = ["shard"]
)",
                              "local.toml", "/")
        .value();
}

joined_node with(const std::string& name, bool shard, std::uint32_t workers) {
    return {name, "127.0.0.1", 0, shard, workers};
}

}  // namespace

TEST_CASE("nodes that join change nobody's place, and have the last ones", "[cluster][join]") {
    auto file = three();
    std::vector<joined_node> joined;
    for (const auto& next : {with("a", false, 2), with("b", true, 0), with("c", true, 3)}) {
        const placement before(grown(file, joined).value());
        joined.push_back(next);
        const auto larger = grown(file, joined).value();
        const placement after(larger);
        CHECK(cluster_id(larger) == cluster_id(file));
        CHECK(after.shards() == 2);
        CHECK(after.workers() == before.workers() + next.workers);
        CHECK(after.copies_max() == before.copies_max() + (next.shard ? 1 : 0));
        const auto own = static_cast<std::uint32_t>(larger.nodes.size() - 1);
        const auto kept = [&](address who) {
            const auto was = before.node_of(who);
            CHECK(after.node_of(who) == (was ? was : std::optional(own)));
        };
        kept({role::COORDINATOR, 0});
        for (std::uint32_t w = 0; w < after.workers(); ++w) kept({role::WORKER, w});
        for (std::uint16_t c = 0; c < after.copies_max(); ++c) {
            kept({role::SEQUENCER, 0, c});
            for (std::uint32_t s = 0; s < 2; ++s) kept({role::SHARD, s, c});
        }
    }
}

TEST_CASE("a node that does not fit the cluster is refused with the reason", "[cluster][join]") {
    const auto refused = [](const joined_node& n, const std::string& part) {
        const auto r = grown(three(), {n});
        REQUIRE_FALSE(r);
        CHECK(r.error().code == failure_code::usage);
        INFO(r.error().sentence);
        CHECK(r.error().sentence.find("node '" + n.name + "' cannot join cluster local: ") == 0);
        CHECK(r.error().sentence.find(part) != std::string::npos);
    };
    refused(with("head", true, 0), "of that name");
    refused(with(".a", true, 0), "letters");
    refused(with("a", false, 0), "no role");
    refused(with("a", false, 1'000), "would have 1001 workers, and it has at most 1000");
    refused({"a", "", 0, true, 0}, "where is it");
    refused({"a", "192.0.2.1", 7'000, true, 0}, "loopback");

    auto beyond = three();
    for (auto& n : beyond.nodes) n.host = "192.0.2.1";
    const auto sentence = [&](const joined_node& n) { return grown(beyond, {n}).error().sentence; };
    CHECK(sentence({"a", "127.0.0.1", 7, true, 0}).find("only its own host") != std::string::npos);
    CHECK(sentence({"a", "192.0.2.2", 0, true, 0}).find("its number") != std::string::npos);
    CHECK(sentence({"a", "192.0.2.2", 7, true, 0}).find("insecure = true") != std::string::npos);
    beyond.insecure = true;
    CHECK(grown(beyond, {{"a", "192.0.2.2", 7, true, 0}}));
}
