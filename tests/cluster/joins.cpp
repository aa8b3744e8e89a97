// Nodes that join a cluster while a run goes on, compute and hold shards in it, and leave again.
#include <signal.h>

#include "tests/cluster/run_in_one_era.hpp"

namespace {

words joining(const std::string& name, const words& roles) {
    words w{"node", "--join", "--name", name, "--address", "127.0.0.1:0"};
    w.insert(w.end(), roles.begin(), roles.end());
    return w;
}

const words two_workers{"--role", "worker", "--workers", "2"};
const words a_shard{"--role", "shard"};

bool is_up(const json& status, const std::string& name) {
    const auto& nodes = status.at("nodes");
    return std::any_of(nodes.begin(), nodes.end(), [&](const json& n) {
        return n.at("name") == name && n.at("state") == "up";
    });
}

// Items that its workers have finished.
int finished_by(const json& status, const std::string& node) {
    const auto run = run_of(status);
    int sum = 0;
    for (const auto& w : run.is_null() ? json::array() : run.at("workers"))
        if (w.at("node") == node) sum += w.at("clock").get<int>();
    return sum;
}

bool holds(const json& status, const std::string& node, const std::string& part) {
    const auto run = run_of(status);
    for (const auto& c : run.is_null() ? json::array() : run.at("copies"))
        if (c.at("part") == part && c.at("primary") == node) return true;
    return false;
}

}  // namespace

TEST_CASE("a node that joins computes in the run that is there, and leaves it", "[cluster][join]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, {});
    child late(c.command(joining("late", two_workers)));
    c.until("it computes", [](const json& s) { return finished_by(s, "late") > 20; });
    late.send(SIGTERM);
    const auto end = late.wait(patience);
    INFO(end.err);
    CHECK(end.code == 143);
    CHECK(run.still(c));
    run.check_went_on("checkpoint");

    // The next run goes on without it.
    check_done(child(c.train(1, {"--set", "run.name=next"})).wait(patience), 1);
}

TEST_CASE("shards move to a node that joined, and it is known when the coordinator is back",
          "[cluster][join]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, {});
    child late(c.command(joining("late", a_shard)));
    c.until("it is up", [](const json& s) { return is_up(s, "late"); });
    json told;
    c.until("it takes shard 0", [&](const json&) {
        const auto end = run_child(c.command({"move", "--shard", "0", "--to", "late"}), patience);
        return end.code == 0;
    });
    c.until("it has shard 0", [](const json& s) { return holds(s, "late", "shard 0"); });
    const auto pid = c.signal("coord", SIGKILL);
    c.until_restarted("coord", pid);
    c.until("it is known",
            [](const json& s) { return is_up(s, "late") && holds(s, "late", "shard 0"); });
    CHECK(run.still(c));
    late.send(SIGTERM);  // what it holds goes back
    CHECK(late.wait(patience).code == 143);
    CHECK(run.still(c));
    run.check_went_on("leaves");
}

TEST_CASE("a node that joined is started again by its parent, as what it was", "[cluster][join]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, {});
    child late(c.command(joining("late", two_workers)));
    c.until("it computes", [](const json& s) { return finished_by(s, "late") > 5; });
    const auto pid = c.signal("late", SIGKILL);
    c.until_restarted("late", pid);
    c.until("it computes again", [](const json& s) { return finished_by(s, "late") > 5; });
    CHECK(run.still(c));
    late.send(SIGTERM);
    CHECK(late.wait(patience).code == 143);
    run.check_went_on("checkpoint");
}

TEST_CASE("a node that cannot join is told why", "[cluster][join]") {
    cluster_under_test c;
    c.up();
    const auto refused = [&](const words& what, const words& with) {
        check_refused(run_child(c.command(what), patience), 2, with);
    };
    refused(joining("shard-0", a_shard), {"shard-0", "name"});
    refused(joining("late", {"--role", "coordinator"}), {"--role coordinator", "shard, worker"});
    refused({"node", "--join", "--name", "late", "--address", "nowhere", "--role", "shard"},
            {"--address nowhere"});
    refused({"node", "--join", "--name", "late", "--address", "192.0.2.7:7000", "--role", "shard"},
            {"late", "loopback"});
    child late(c.command(joining("late", a_shard)));
    c.until("it is up", [](const json& s) { return is_up(s, "late"); });
    refused(joining("late", two_workers), {"late", "other roles"});
    late.send(SIGTERM);
    CHECK(late.wait(patience).code == 143);
}
