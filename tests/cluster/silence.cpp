// Every node, killed for good, stopped or cut off, at every phase of a run: within a bound the
// others go on, or the node that is awaited is named with its deadline, or the follower says that
// the coordinator is gone. When the node is back the run finishes, with every item once.
#include <fmt/format.h>
#include <signal.h>

#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"

namespace {

constexpr int epochs = 40;
constexpr int items_of_one_more_look =
    200;  // more than was open or untold when the node fell silent
constexpr auto bound = std::chrono::seconds(20);  // the detection takes 0.5 s on a free machine

enum class phase { idle, opening, middle };
enum class way { killed, stopped, cut_off };

struct scene {
    const cluster_under_test& cluster;
    nodes_by_hand& nodes;
    const own_network* network;  ///< where nodes are cut off
    std::string node;
    way how;
    std::string run;
    pid_t stopped = 0;

    words train() const {
        // Two workers' items for some seconds, one worker's for some more.
        return cluster.train(epochs, {"--set", "run.name=" + run});
    }

    void silence() {
        if (how == way::killed) nodes.kill(node);
        if (how == way::stopped) stopped = cluster.signal(node, SIGSTOP);
        if (how == way::cut_off) network->cut(node);
    }

    void bring_back() {
        if (how == way::killed) nodes.start(node);
        if (how == way::stopped) REQUIRE(::kill(stopped, SIGCONT) == 0);
        if (how == way::cut_off) network->heal(node);
    }

    json now(const json& status) const { return run_of(status, run); }
};

int applied(const json& run) {
    return run.at("applied").get<int>();
}

std::unique_ptr<child> submitted(const scene& s) {
    auto follower = std::make_unique<child>(s.train());
    s.cluster.until("the run is known", [&](const json& now) { return !s.now(now).is_null(); });
    return follower;
}

// The coordinator's follower says so, or ends so.
bool named_by(child& follower) {
    while (const auto line = follower.line(bound))
        if (line->find("the coordinator is gone") != std::string::npos) return true;
    const auto end = follower.wait(bound);
    INFO(end.out << end.err);
    CHECK(end.code == 1);
    CHECK(end.err.find("coord") != std::string::npos);
    return false;
}

// What must be told of a silent node that is not the coordinator.
void check_told(const scene& s, int before) {
    if (s.node.starts_with("worker")) {
        s.cluster.until(
            "the other worker goes on",
            [&](const json& status) {
                const auto r = s.now(status);
                return r.at("state") == "done" || applied(r) > before + items_of_one_more_look;
            },
            bound);
        return;
    }
    const auto told = s.cluster.until(
        s.node + " is awaited",
        [&](const json& status) { return !s.now(status).at("awaits").empty(); }, bound);
    const auto awaited = s.now(told).at("awaits")[0];
    CHECK(awaited.at("node") == s.node);
    CHECK(awaited.at("deadline_s") > 0);
    CHECK(told.at("waits").at(0).get<std::string>().find("node " + s.node) == 0);
}

void finish(child& follower) {
    check_done(follower.wait(patience), epochs);
}

void idle(scene& s) {
    s.silence();
    if (s.node == "coord") {
        check_refused(run_child(s.train(), bound), 1, {"node coord"});
        s.bring_back();
        s.cluster.wait_until_up();
        return finish(*submitted(s));
    }
    const auto follower = submitted(s);
    check_told(s, 0);
    s.bring_back();
    finish(*follower);
}

void under_way(scene& s, phase when) {
    auto follower = submitted(s);
    if (when == phase::middle)
        s.cluster.until("it is under way",
                        [&](const json& now) { return applied(s.now(now)) > 0; });
    s.silence();
    if (s.node != "coord") {
        check_told(s, applied(s.now(*s.cluster.status())));
        s.bring_back();
        return finish(*follower);
    }
    const bool follows = named_by(*follower);
    s.bring_back();
    if (follows) return finish(*follower);
    s.cluster.wait_until_up();
    finish(*std::make_unique<child>(s.cluster.command({"train", "--json", "--attach", s.run})));
}

void at_every_phase(const cluster_under_test& c, const own_network* network,
                    const std::string& name, way how) {
    nodes_by_hand nodes(c);
    for (const auto when : {phase::idle, phase::opening, phase::middle}) {
        INFO(name << " in phase " << static_cast<int>(when));
        c.wait_until_up();
        scene s{c, nodes, network, name, how, fmt::format("run-{}", static_cast<int>(when))};
        if (when == phase::idle)
            idle(s);
        else
            under_way(s, when);
    }
}

}  // namespace

TEST_CASE("no node's silence is a silent hang, at any phase of a run", "[cluster]") {
    const auto how = GENERATE(way::killed, way::stopped);
    INFO((how == way::killed ? "killed" : "stopped"));
    at_every_phase(cluster_under_test(), nullptr, GENERATE(from_range(five_names())), how);
}

TEST_CASE("no node that is cut off makes a silent hang, at any phase of a run", "[cluster]") {
    if (const auto why = own_network::impossible()) {
        WARN("no node is cut off: no network can be made here: " << *why);
        return;
    }
    auto hosts = five_names();
    hosts.emplace_back(desk);
    const own_network network(hosts);
    at_every_phase(cluster_under_test(network), &network, GENERATE(from_range(five_names())),
                   way::cut_off);
}
