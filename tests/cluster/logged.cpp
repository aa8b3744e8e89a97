// Nodes that are killed while a run keeps logs: it goes on in its era, and nothing is done again.
#include <signal.h>

#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"

namespace {

constexpr int epochs = 120;

std::uint64_t era(const json& status) {
    const auto run = run_of(status);
    return run.is_null() || !run.contains("era") ? 0 : run.at("era").get<std::uint64_t>();
}

/// A run with logs that has come some way, with a checkpoint behind it.
struct logged_run {
    explicit logged_run(const cluster_under_test& c)
        : follower(c.train(epochs, {"--set", "consistency.level=logged"})) {
        until_event(follower, "checkpoint");
        era = ::era(c.until("it has an era", [](const json& s) { return ::era(s) > 0; }));
    }
    /// It finished, in the era in which it was.
    void check_went_on(const cluster_under_test& c) {
        const auto end = follower.wait(patience);
        check_done(end, epochs);
        INFO(end.out);
        CHECK(end.out.find("goes on from its log") != std::string::npos);
        CHECK(end.out.find("came back") == std::string::npos);
        const auto runs = run_child(c.command({"status", "--json"}), patience);
        CHECK(runs.code == 0);
    }
    child follower;
    std::uint64_t era = 0;
};

bool still(const cluster_under_test& c, std::uint64_t era_before) {
    const auto s = c.until("the run is known", [](const json& now) {
        return run_of(now).is_null() || run_of(now).at("state") != "active" || era(now) > 0;
    });
    return run_of(s).is_null() || run_of(s).at("state") != "active" || era(s) == era_before;
}

}  // namespace

TEST_CASE("a killed shard or sequencer goes on from its log", "[cluster][logged]") {
    const std::string name = GENERATE("shard-0", "shard-1");  // shard-0 has the sequencer too
    cluster_under_test c;
    c.up();
    logged_run run(c);
    for (int kill = 0; kill < 2; ++kill) {
        const auto pid = c.signal(name, SIGKILL);
        c.until_restarted(name, pid);
        CHECK(still(c, run.era));
    }
    run.check_went_on(c);
}

TEST_CASE("a coordinator and a shard that are killed together are both found again",
          "[cluster][logged]") {
    cluster_under_test c;
    c.up();
    logged_run run(c);
    const auto coordinator = c.pid("coord");
    const auto shard = c.signal("shard-1", SIGKILL);
    REQUIRE(::kill(coordinator, SIGKILL) == 0);
    c.until_restarted("coord", coordinator);
    c.until_restarted("shard-1", shard);
    CHECK(still(c, run.era));
    run.check_went_on(c);
}

TEST_CASE("a whole cluster that was killed goes on in its era", "[cluster][logged]") {
    cluster_under_test c;
    c.up();
    std::uint64_t before = 0;
    {
        logged_run run(c);
        before = run.era;
        c.up_process().send(SIGKILL);
        CHECK(c.up_process().wait(patience).signal == SIGKILL);
        run.follower.send(SIGKILL);
        run.follower.wait(patience);
    }
    c.up();
    CHECK(still(c, before));
    const auto end = run_child(c.command({"train", "--attach", "regression", "--json"}), patience);
    check_done(end, epochs);
}
