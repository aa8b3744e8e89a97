// Shards and the sequencer that move to other nodes while pushes go on, at any level: the era
// stays, so nothing that was acknowledged is lost.
#include <signal.h>

#include "tests/cluster/run_in_one_era.hpp"

namespace {

const words applied{};
const words logged{"--set", "consistency.level=logged"};

child_end told(const cluster_under_test& c, words what) {
    return run_child(c.command(std::move(what)), patience);
}

words move_of(int shard, const std::string& to) {
    return {"move", "--shard", std::to_string(shard), "--to", to};
}

// The nodes of every part, as the status has them.
std::vector<std::string> holders(const json& status) {
    std::vector<std::string> all;
    const auto run = run_of(status);
    if (run.is_null()) return all;
    for (const auto& c : run.at("copies"))
        for (const auto& n : c.at("nodes")) all.push_back(n);
    return all;
}

bool all_on(const json& status, const std::string& node) {
    const auto nodes = holders(status);
    return !nodes.empty() &&
           std::all_of(nodes.begin(), nodes.end(), [&](const std::string& n) { return n == node; });
}

void moves_away_and_back(const words& level) {
    cluster_under_test c;
    c.up();
    auto more = level;
    more.insert(more.end(), {"--set", "model.hidden=[200, 200]"});  // both shards have some of it
    run_in_one_era run(c, more);
    for (const auto& what :
         {move_of(0, "shard-1"), words{"move", "--sequencer", "--to", "shard-1"}}) {
        const auto end = told(c, what);
        INFO(end.out << end.err);
        REQUIRE(end.code == 0);
        CHECK(end.out.find("is on node shard-1") != std::string::npos);
    }
    c.until("all is on shard-1", [](const json& s) { return all_on(s, "shard-1"); });
    CHECK(run.still(c));

    const auto pid = c.signal("shard-0", SIGKILL);  // it holds nothing any more
    c.until_restarted("shard-0", pid);
    CHECK(run.still(c));

    // The imbalance is told, and goes.
    c.until("the imbalance is that of one node of two", [](const json& s) {
        return !run_of(s).is_null() && run_of(s).at("imbalance").is_number() &&
               run_of(s).at("imbalance").get<double>() > 1.9;
    });
    child_end end;
    c.until("shard-0 has its part of the run, and can hold shards", [&](const json&) {
        end = told(c, {"rebalance"});
        return end.out.find("from node shard-1 to node shard-0") != std::string::npos;
    });
    INFO(end.out << end.err);
    REQUIRE(end.code == 0);
    CHECK(end.out.find("is on node shard-0") != std::string::npos);
    run.check_went_on("has moved");
}

void leaves_for_the_other(const words& level) {
    cluster_under_test c;
    nodes_by_hand nodes(c);
    c.wait_until_up();
    run_in_one_era run(c, level);
    nodes.send("shard-0", SIGTERM);
    const auto end = nodes.end("shard-0");
    INFO(end.err);
    CHECK(end.code == 143);
    c.until("all is on shard-1", [](const json& s) { return all_on(s, "shard-1"); });
    CHECK(run.still(c));
    nodes.start("shard-0");
    c.until("shard-0 can hold something", [](const json& s) {
        const auto& all = s.at("nodes");
        return std::all_of(all.begin(), all.end(),
                           [](const json& n) { return n.at("state") == "up"; });
    });
    nodes.send("shard-1", SIGTERM);  // and back
    CHECK(nodes.end("shard-1").code == 143);
    CHECK(run.still(c));
    nodes.start("shard-1");
    run.check_went_on("leaves");
}

}  // namespace

TEST_CASE("shard and sequencer move to another node and back in one era", "[cluster][move]") {
    moves_away_and_back(applied);
}

TEST_CASE("shard and sequencer move with their logs", "[cluster][move]") {
    moves_away_and_back(logged);
}

TEST_CASE("a node that is asked to end gives what it holds to another", "[cluster][move]") {
    leaves_for_the_other(applied);
}

TEST_CASE("a node that is asked to end gives what it logs to another", "[cluster][move]") {
    leaves_for_the_other(logged);
}

TEST_CASE("a shard of a node that is gone for good begins elsewhere", "[cluster][move]") {
    cluster_under_test c;
    nodes_by_hand nodes(c);
    c.wait_until_up();
    const int epochs = c.epochs_for(5);
    child follower(c.train(epochs));
    until_event(follower, "checkpoint");
    nodes.kill("shard-0");
    c.until("all is on shard-1", [](const json& s) { return all_on(s, "shard-1"); });
    check_done(follower.wait(patience), epochs);
}

TEST_CASE("a move that cannot be is refused, and says why", "[cluster][move]") {
    cluster_under_test c;
    c.up();
    check_refused(run_child(c.command(move_of(0, "shard-1")), patience), 2, {"no run is active"});
    run_in_one_era run(c, applied);
    const auto refused = [&](words what, const words& with) {
        check_refused(run_child(c.command(std::move(what)), patience), 2, with);
    };
    refused(move_of(0, "shard-7"), {"no node shard-7", "shard-1"});
    refused(move_of(0, "worker-0"), {"worker-0", "role shard"});
    refused(move_of(0, "shard-0"), {"shard 0 is on node shard-0 already"});
    refused(move_of(2, "shard-0"), {"no shard 2", "0 to 1"});
    auto from_elsewhere = move_of(0, "shard-1");
    from_elsewhere.insert(from_elsewhere.end(), {"--from", "worker-1"});
    refused(from_elsewhere, {"shard 0 is not on node worker-1"});
    refused({"move", "--to", "shard-1"}, {"--shard"});
    CHECK(run.still(c));
    run.check_went_on("checkpoint");
}
