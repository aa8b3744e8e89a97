// The registrar: nodes that join, and parts of a run that move to them.
#include "tests/catch.hpp"
#include "tests/unit/registrar_member_bench.hpp"

using namespace slackline;
using bench = member_bench;

TEST_CASE("who joins is journaled, told to all nodes, and known in the next life",
          "[registrar][join]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.join(late);
    CHECK(s.told_of_joined() == std::vector{late});
    CHECK(s.journal.entries.size() == 3);  // written anew, with the next run's number
    s.restart();
    s.join(late);  // it was started again
    CHECK(s.told_of_joined() == std::vector{late});
    CHECK(s.status().at("nodes").size() == 5);
    CHECK(s.status().at("runs").size() == 1);
    s.beat(3);
    s.tick();
    std::size_t told = 0;
    for (const auto& o : s.out) {
        frame_reader reader(o.frame);
        if (o.to.role == role::NODE && reader.root().isAssign())
            told += read(reader.root().getAssign().getJoined()) == std::vector{late} ? 1 : 0;
    }
    CHECK(told >= bench::nodes);
}

TEST_CASE("who cannot join is declined, and nothing of it is journaled", "[registrar][join]") {
    bench s;
    s.grown.refused = "full";
    s.join({"full", "127.0.0.1", 0, true, 0});
    CHECK(s.declined(5) == "there is no room for it");
    s.join({"shard-1", "127.0.0.1", 0, true, 0});
    CHECK(s.declined(5).find("has a node shard-1 already") != std::string::npos);
    s.join(late);
    auto other = late;
    other.workers = 3;
    s.join(other);
    CHECK(s.declined(5).find("other roles") != std::string::npos);
    CHECK(s.usage(5));
    CHECK(s.journal.entries.size() == 2);
    CHECK(s.status().at("nodes").size() == 5);
}

TEST_CASE("a journal with a node that cannot be read ends the registrar", "[registrar][join]") {
    bench s;
    s.journal.entries = {R"({"entry":"joined","name":"late"})"};
    s.restart();
    REQUIRE(s.core->failed());
    CHECK(s.core->failed()->find("/state/runs: a node that joined") == 0);
}

TEST_CASE("a part moves to the copy that a node has, instead of its primary's",
          "[registrar][move]") {
    bench s;
    s.with_a_run();
    s.move({role::SHARD, 1}, "late");
    CHECK(s.placed() == std::pair(address{role::SHARD, 1, 2}, std::uint16_t(0)));
    s.tell_copies(0, 2);
    s.move({role::SHARD, 1}, "shard-2", "late");
    CHECK(s.placed() == std::pair(address{role::SHARD, 1, 0}, std::uint16_t(2)));
}

TEST_CASE("a move is declined with its reason", "[registrar][move]") {
    bench s;
    const auto declined = [&](const std::string& with) {
        INFO(s.declined(5));
        CHECK(s.declined(5).find(with) != std::string::npos);
        CHECK_FALSE(s.placed());
    };
    s.move({role::SHARD, 1}, "late");
    declined("no run is active");
    s.with_a_run();
    s.move({role::SHARD, 7}, "late");
    declined("no shard 7; its shards are 0 to 1");
    s.move({role::SHARD, 1}, "nobody");
    declined("no node nobody; it has head, shard-1");
    s.move({role::SHARD, 1}, "worker-1");
    declined("has not the role shard");
    s.move({role::SHARD, 1}, "shard-2");
    declined("is on node shard-2 already");
    s.move({role::SHARD, 1}, "late", "shard-1");
    declined("shard 1 is not on node shard-1");
    s.say(place_of_late, {});  // it has not opened the run
    s.move({role::SHARD, 1}, "late");
    declined("has no part in run a now");
}

TEST_CASE("what a rebalance moves is told and done", "[registrar][move]") {
    bench s;
    s.with_a_run();
    s.tell_copies(2, 2);  // late has both
    const auto moves = s.asked(wire::Ask::What::REBALANCE).at("moves");
    REQUIRE(moves.size() == 1);
    CHECK(moves[0].at("part") == "shard 0");  // node shard-1 has no place for the other
    CHECK(moves[0].at("from") == "late");
    CHECK(moves[0].at("to") == "shard-1");
    CHECK(s.placed() == std::pair(address{role::SHARD, 0, 0}, std::uint16_t(2)));
    CHECK(s.status().at("runs")[0].at("imbalance") == 3.0);  // of three nodes one has all
}

TEST_CASE("a node that joined by a command is taken out by one", "[registrar][join]") {
    bench s;
    s.beat(3);
    s.remove("late");
    CHECK(s.declined(5).find("no node late") != std::string::npos);
    s.join(late);
    s.remove("late");
    CHECK(s.told() == nlohmann::json::object());
    s.remove("late");
    CHECK(s.told() == nlohmann::json::object());
    s.remove("shard-1");
    CHECK(s.declined(5).find("take it out there, then: slackline reload") != std::string::npos);
    CHECK(s.journal.entries.size() == 3);
    s.join(late);  // and comes back
    CHECK(s.declined(5) == "");
}
