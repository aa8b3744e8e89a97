// Nodes that are killed, stopped and come back while a run goes on: every item counts once.
#include <fmt/format.h>
#include <signal.h>

#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"

namespace {

constexpr int epochs = 300;

/// A run that has come some way, with a checkpoint behind it.
struct run_under_way {
    explicit run_under_way(const cluster_under_test& c, int n = epochs) : follower(c.train(n)) {
        until_event(follower, "checkpoint");
    }
    child follower;
};

bool told(const child_end& end, const std::string& part) {
    return end.out.find(part) != std::string::npos;
}

std::uint64_t era(const json& status) {
    return run_of(status).at("era");
}

}  // namespace

TEST_CASE("a run on five nodes ends with every item applied once", "[cluster]") {
    cluster_under_test c;
    c.up();
    const auto done = check_done(run_child(c.train(10), patience), 10);
    CHECK(done.at("metrics").at("loss").get<double>() < 0.5);
}

TEST_CASE("a killed worker's node comes back, and the run does not go back", "[cluster]") {
    cluster_under_test c;
    c.up();
    run_under_way run(c);
    const auto before = era(c.until("it has an era", [](const json& s) {
        return !run_of(s).is_null() && run_of(s).at("era") > 0;
    }));
    const auto pid = c.signal("worker-1", SIGKILL);
    c.until_restarted("worker-1", pid);
    CHECK(era(*c.status()) == before);
    check_done(run.follower.wait(patience), epochs);
}

TEST_CASE("a worker's reset connection is news before its silence is", "[cluster]") {
    cluster_under_test c(five_nodes(), "heartbeat_ms = 3000\n");  // its silence takes 15 s
    nodes_by_hand nodes(c);
    c.wait_until_up();
    child follower(c.train(100'000));
    const auto at_work = [](const json& s, std::size_t n) {
        const auto run = run_of(s);
        return !run.is_null() && run.at("workers").size() == n;
    };
    c.until("both workers are at work", [&](const json& s) { return at_work(s, 2); });
    nodes.kill("worker-1");
    c.until(
        "one of them is", [&](const json& s) { return at_work(s, 1); }, std::chrono::seconds(10));
    const auto cancelled = run_child(c.command({"cancel", "regression"}), patience);
    INFO(cancelled.err);
    CHECK(cancelled.code == 0);
    follower.wait(patience);
}

TEST_CASE("a stopped worker holds nobody up, and goes on when it is continued", "[cluster]") {
    cluster_under_test c;
    c.up();
    run_under_way run(c, 2 * epochs);
    const auto pid = c.signal("worker-0", SIGSTOP);
    const auto applied = [](const json& s) { return run_of(s).at("applied").get<long>(); };
    const auto silent = c.until("worker-0 is silent", [](const json& s) {
        return s.at("nodes")[3].at("state") == "silent";
    });
    c.until("the other worker goes on", [&](const json& s) {
        return applied(s) >= applied(silent) + 200 || run_of(s).at("state") != "active";
    });
    REQUIRE(::kill(pid, SIGCONT) == 0);
    c.until("worker-0 is back", [](const json& s) { return s.at("nodes")[3].at("state") == "up"; });
    check_done(run.follower.wait(patience), 2 * epochs);
}

TEST_CASE("a killed shard takes the run back to its checkpoint, and it finishes", "[cluster]") {
    const std::string name = GENERATE("shard-0", "shard-1");  // shard-0 has the sequencer too
    cluster_under_test c;
    c.up();
    run_under_way run(c);
    const auto pid = c.signal(name, SIGKILL);
    c.until_restarted(name, pid);
    const auto end = run.follower.wait(patience);
    check_done(end, epochs);
    CHECK(told(end, "was lost and came back"));
}

TEST_CASE("a sequencer on a node of its own may be killed", "[cluster]") {
    cluster_under_test c(five_nodes() +
                         "[[node]]\nname = \"order\"\naddress = \"127.0.0.1:0\"\n"
                         "roles = [\"sequencer\"]\n");
    c.up();
    run_under_way run(c);
    const auto pid = c.signal("order", SIGKILL);
    c.until_restarted("order", pid);
    const auto end = run.follower.wait(patience);
    check_done(end, epochs);
    CHECK(told(end, "the sequencer was lost and came back"));
}

TEST_CASE("a stopped shard is named while the run waits for it", "[cluster]") {
    cluster_under_test c;
    c.up();
    run_under_way run(c);
    const auto pid = c.signal("shard-1", SIGSTOP);
    const auto waiting = c.until("the run waits for shard-1",
                                 [](const json& s) { return !run_of(s).at("awaits").empty(); });
    const auto awaited = run_of(waiting).at("awaits")[0];
    CHECK(awaited.at("node") == "shard-1");
    CHECK(awaited.at("deadline_s").get<double>() > 0);
    REQUIRE(::kill(pid, SIGCONT) == 0);
    check_done(run.follower.wait(patience), epochs);
}

TEST_CASE("the coordinator may be killed: the run goes on without it, in its era", "[cluster]") {
    cluster_under_test c;
    c.up();
    run_under_way run(c, 2 * epochs);
    const auto before = era(*c.status());
    const auto pid = c.signal("coord", SIGKILL);
    c.until_restarted("coord", pid);
    const auto after = c.until("the run is known again", [](const json& s) {
        return !run_of(s).is_null() && run_of(s).at("state") == "active" && run_of(s).at("era") > 0;
    });
    CHECK(era(after) == before);
    check_done(run.follower.wait(patience), 2 * epochs);
}

TEST_CASE("all may be killed at once: the run is resumed and finishes", "[cluster]") {
    cluster_under_test c;
    c.up();
    run_under_way run(c);
    c.up_process().send(SIGKILL);
    CHECK(c.up_process().wait(patience).signal == SIGKILL);
    c.up();
    check_done(run_child(c.train(epochs, {"--resume"}), patience), epochs);
}

TEST_CASE("a parent that is killed takes its node along, and both come back", "[cluster]") {
    cluster_under_test c;
    c.up();
    run_under_way run(c);
    const auto node = c.node("worker-1");
    REQUIRE(::kill(node.at("parent_pid").get<pid_t>(), SIGKILL) == 0);
    c.until_restarted("worker-1", node.at("pid").get<pid_t>());
    check_done(run.follower.wait(patience), epochs);
}

TEST_CASE("a node that is asked to end hands back and ends with 143", "[cluster]") {
    const std::string name = GENERATE("worker-0", "shard-1", "coord");
    cluster_under_test c;
    std::map<std::string, std::unique_ptr<child>> nodes;
    for (const char* n : {"coord", "shard-0", "shard-1", "worker-0", "worker-1"})
        nodes[n] = std::make_unique<child>(c.command({"node", "--name", n}));
    c.wait_until_up();
    run_under_way run(c, 2 * epochs);
    nodes[name]->send(SIGTERM);
    const auto end = nodes[name]->wait(patience);
    INFO(end.err);
    CHECK(end.code == 143);
    nodes[name] = std::make_unique<child>(c.command({"node", "--name", name}));
    check_done(run.follower.wait(patience), 2 * epochs);
    for (auto& [n, process] : nodes) process->send(SIGTERM);
    for (auto& [n, process] : nodes) CHECK(process->wait(patience).code == 143);
}
