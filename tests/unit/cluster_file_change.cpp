// What an edited cluster file changes, and how a node that reads another file counts the nodes.
#include "cluster/file/file_change.hpp"

#include "cluster/file/cluster_id.hpp"
#include "cluster/file/grown_file.hpp"
#include "cluster/file/roster.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

const std::string head = "[cluster]\nname = \"c\"\n";

std::string section(const std::string& name, const std::string& roles,
                    const std::string& more = "") {
    return "[[node]]\nname = \"" + name + "\"\naddress = \"127.0.0.1:0\"\nroles = [" + roles +
           "]\n" + more;
}

const std::string trunk = section("trunk", "\"coordinator\", \"shard\"");
const std::string leaf = section("leaf", "\"shard\", \"worker\"", "workers = 2\n");
const std::string late = section("late", "\"worker\"", "workers = 3\n");

cluster_file file(const std::string& text) {
    auto f = parse_cluster_file(text, "c.toml", "/c");
    if (!f) FAIL(f.error().sentence);
    return std::move(*f);
}

const joined_node by_command{"guest", "127.0.0.1", 0, true, 1, false};
const joined_node by_file{"late", "127.0.0.1", 0, false, 3, true};

std::string refusal(const std::string& edited) {
    const auto c = change_between(file(head + trunk + leaf), file(edited), {});
    return c ? "" : c.error().sentence;
}

}  // namespace

TEST_CASE("nodes come and go with the lines of a file, wherever these stand", "[cluster][reload]") {
    const auto running = file(head + trunk + leaf);
    const auto none = change_between(running, file(head + leaf + trunk), {});
    REQUIRE(none);
    CHECK((none->added.empty() && none->removed.empty() && none->restored.empty()));

    const auto more = change_between(running, file(head + late + trunk + leaf), {});
    REQUIRE(more);
    CHECK(more->added == std::vector{by_file});
    CHECK(more->removed.empty());

    const auto other = change_between(running, file(head + trunk + late), {});
    REQUIRE(other);
    CHECK(other->added == std::vector{by_file});
    CHECK(other->removed == std::vector<std::string>{"leaf"});
}

TEST_CASE("who joined by a command is not looked for in the file; who came by it goes by it",
          "[cluster][reload]") {
    const auto running = grown(file(head + trunk + leaf), {by_command, by_file}).value();
    const auto same = change_between(running, file(head + trunk + leaf + late), {});
    REQUIRE(same);
    CHECK((same->added.empty() && same->removed.empty()));
    const auto fewer = change_between(running, file(head + trunk + leaf), {});
    REQUIRE(fewer);
    CHECK(fewer->removed == std::vector<std::string>{"late"});
    const auto gone = change_between(running, file(head + trunk + leaf), {"late"});
    REQUIRE(gone);
    CHECK(gone->removed.empty());
    const auto back = change_between(running, file(head + trunk + leaf + late), {"late"});
    REQUIRE(back);
    CHECK(back->restored == std::vector<std::string>{"late"});
    CHECK(back->added.empty());
}

TEST_CASE("what a running cluster keeps is refused, with its place", "[cluster][reload]") {
    const auto of = [](const std::string& more) { return head + more + trunk + leaf; };
    CHECK(refusal(of("")) == "");
    CHECK(refusal(of("heartbeat_ms = 100\n")).find("c.toml: heartbeat_ms in [cluster]") == 0);
    CHECK(refusal(of("state_dir = \"x\"\n")).find("state_dir") != std::string::npos);
    CHECK(refusal("[cluster]\nname = \"d\"\n" + trunk + leaf).find("name") != std::string::npos);
    CHECK(refusal(of("[security]\nsecret = \"s\"\n")).find("secret") != std::string::npos);
    CHECK(refusal(of("[security]\ninsecure = true\n")).find("insecure") != std::string::npos);
    const auto other_leaf = [](const std::string& roles, const std::string& more) {
        return refusal(head + trunk + section("leaf", roles, more));
    };
    CHECK(other_leaf("\"shard\", \"worker\"", "workers = 3\n").find("the workers of node leaf") !=
          std::string::npos);
    CHECK(other_leaf("\"worker\"", "workers = 2\n").find("c.toml:8: the roles of node leaf") !=
          std::string::npos);
    CHECK(refusal(head + trunk + leaf + section("late", "\"sequencer\", \"worker\""))
              .find("as sequencer") != std::string::npos);
    auto moved = file(head + trunk + leaf);
    moved.nodes[1].port = 7001;
    CHECK_FALSE(change_between(file(head + trunk + leaf), moved, {}));
}

TEST_CASE("a node with an edited file counts the nodes as the coordinator does",
          "[cluster][reload]") {
    const auto running = grown(file(head + trunk + leaf), {by_command, by_file}).value();
    auto edited = file(head + late + section("other", "\"worker\"") + trunk + leaf);
    edited.nodes[0].program = "/bin/mine";
    CHECK(cluster_id(edited) != cluster_id(running));
    const auto known = with_roster(edited, roster_json(running));
    REQUIRE(known);
    CHECK(cluster_id(*known) == cluster_id(running));
    REQUIRE(known->nodes.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(known->nodes[i].name == running.nodes[i].name);
        CHECK(known->nodes[i].host == running.nodes[i].host);
        CHECK(known->nodes[i].workers == running.nodes[i].workers);
        CHECK(known->nodes[i].joined == running.nodes[i].joined);
        CHECK(known->nodes[i].of_file == running.nodes[i].of_file);
        CHECK(known->nodes[i].shard == running.nodes[i].shard);
        CHECK(known->nodes[i].coordinator == running.nodes[i].coordinator);
    }
    CHECK(known->nodes[3].program == "/bin/mine");
    CHECK_FALSE(known->find("other"));
    for (const auto* odd : {"", "[]", "{}", R"({"nodes":[{"name":"a"}]})"})
        CHECK_FALSE(with_roster(edited, odd));
}
