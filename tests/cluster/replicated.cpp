// Nodes that die, freeze or leave while shards and sequencer have copies on others: a copy takes
// over, the era goes on, and who comes back is filled.
#include <signal.h>

#include "tests/cluster/run_in_one_era.hpp"

namespace {

const words replicated{"--set", "consistency.level=replicated"};
constexpr const char* taken_over = "is its primary now";

bool all_in_sync(const json& status) {
    const auto run = run_of(status);
    if (run.is_null() || run.at("state") != "active") return !run.is_null();
    const auto& copies = run.at("copies");
    return !copies.empty() && std::all_of(copies.begin(), copies.end(), [](const json& c) {
        return c.at("in_sync") == c.at("wanted") && !c.at("primary").is_null();
    });
}

}  // namespace

TEST_CASE("a copy takes over from a killed node, one after the other", "[cluster][replicated]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, replicated);
    for (const auto* name : {"shard-0", "shard-1", "shard-0"}) {
        c.until("every copy is in sync", all_in_sync);
        const auto pid = c.signal(name, SIGKILL);
        c.until_restarted(name, pid);
        CHECK(run.still(c));
    }
    run.check_went_on(taken_over);
}

TEST_CASE("a frozen primary is replaced, refused when it wakes, and filled anew",
          "[cluster][replicated]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, replicated);
    c.until("every copy is in sync", all_in_sync);
    const auto pid = c.signal("shard-0", SIGSTOP);
    until_sentence(run.follower, taken_over);
    REQUIRE(::kill(pid, SIGCONT) == 0);
    c.until("every copy is in sync again", all_in_sync);
    CHECK(c.pid("shard-0") == pid);
    CHECK(run.still(c));
    check_done(run.follower.wait(patience), run.epochs);
}

TEST_CASE("a coordinator that dies with a primary finds the lists again", "[cluster][replicated]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, replicated);
    c.until("every copy is in sync", all_in_sync);
    const auto coordinator = c.pid("coord");
    const auto shard = c.signal("shard-0", SIGKILL);
    REQUIRE(::kill(coordinator, SIGKILL) == 0);
    c.until_restarted("coord", coordinator);
    c.until_restarted("shard-0", shard);
    CHECK(run.still(c));
    run.check_went_on(taken_over);
}

TEST_CASE("a node that is asked to end hands over to the copies", "[cluster][replicated]") {
    cluster_under_test c;
    nodes_by_hand nodes(c);
    c.wait_until_up();
    run_in_one_era run(c, replicated);
    c.until("every copy is in sync", all_in_sync);
    nodes.send("shard-0", SIGTERM);
    const auto end = nodes.end("shard-0");
    INFO(end.err);
    CHECK(end.code == 143);
    CHECK(run.still(c));
    nodes.start("shard-0");
    c.until("every copy is in sync again", all_in_sync);
    run.check_went_on("leaves");
}

TEST_CASE("more copies than there are nodes for them are refused", "[cluster][replicated]") {
    cluster_under_test c;
    c.up();
    auto command = c.train(1, replicated);
    command.insert(command.end(), {"--set", "consistency.replicas=3"});
    check_refused(run_child(command, patience), 2,
                  {"consistency.replicas = 3", "nodes for 2 copies", "role shard"});
}
