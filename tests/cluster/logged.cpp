// Nodes that are killed while a run keeps logs: it goes on in its era, and nothing is done again.
#include <signal.h>

#include "tests/cluster/run_in_one_era.hpp"

namespace {
const words logged{"--set", "consistency.level=logged"};
constexpr const char* from_log = "goes on from its log";
}  // namespace

TEST_CASE("a killed shard or sequencer goes on from its log", "[cluster][logged]") {
    const std::string name = GENERATE("shard-0", "shard-1");  // shard-0 has the sequencer too
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, logged);
    for (int kill = 0; kill < 2; ++kill) {
        const auto pid = c.signal(name, SIGKILL);
        c.until_restarted(name, pid);
        CHECK(run.still(c));
    }
    run.check_went_on(from_log);
}

TEST_CASE("a coordinator and a shard that are killed together are both found again",
          "[cluster][logged]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, logged);
    const auto coordinator = c.pid("coord");
    const auto shard = c.signal("shard-1", SIGKILL);
    REQUIRE(::kill(coordinator, SIGKILL) == 0);
    c.until_restarted("coord", coordinator);
    c.until_restarted("shard-1", shard);
    CHECK(run.still(c));
    run.check_went_on(from_log);
}

TEST_CASE("a whole cluster that was killed goes on in its era", "[cluster][logged]") {
    const auto replicas = GENERATE("consistency.replicas=1", "consistency.replicas=2");
    cluster_under_test c;
    c.up();
    std::uint64_t before = 0;
    {
        auto more = logged;
        more.insert(more.end(), {"--set", replicas});
        run_in_one_era run(c, more);
        before = run.era;
        c.up_process().send(SIGKILL);
        CHECK(c.up_process().wait(patience).signal == SIGKILL);
        run.follower.send(SIGKILL);
        run.follower.wait(patience);
    }
    c.up();
    CHECK(run_in_one_era::still_in(c, before));
    const auto end = run_child(c.command({"train", "--attach", "regression", "--json"}), patience);
    check_done(end, c.epochs_for(5));
}
