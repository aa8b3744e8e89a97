// The registrar: a cluster file that was edited, and nodes that are taken out.
#include "tests/catch.hpp"
#include "tests/unit/registrar_member_bench.hpp"

using namespace slackline;
using bench = member_bench;

TEST_CASE("an edited file is taken up, journaled, and known in the next life",
          "[registrar][reload]") {
    bench s;
    s.beat(3);
    s.grown.edited = {{of_file}, {"shard-2"}, {}};
    s.reload();
    CHECK(s.told().at("added") == std::vector<std::string>{"late"});
    CHECK(s.told().at("removed") == std::vector<std::string>{"shard-2"});
    CHECK(s.grown.known == std::vector{of_file});
    s.tick();
    CHECK(s.told_to_leave() == std::set<std::uint32_t>{2});
    s.restart();
    CHECK(s.core->failed() == std::nullopt);
    CHECK(s.grown.known == std::vector{of_file});
    s.say(2, s.cluster[2]);
    s.tick();
    CHECK(s.told_to_leave() == std::set<std::uint32_t>{2});

    s.grown.edited = {{}, {}, {"shard-2"}};
    s.reload();
    CHECK(s.told().at("added") == std::vector<std::string>{"shard-2"});
    s.restart();
    s.say(2, s.cluster[2]);
    s.tick();
    CHECK(s.told_to_leave().empty());
}

TEST_CASE("a file that has a node again when its user starts the coordinator has it back",
          "[registrar][reload]") {
    bench s;
    s.beat(3);
    s.removes({"shard-2"});
    s.restart(true);
    s.say(2, s.cluster[2]);
    s.tick();
    CHECK(s.told_to_leave().empty());
}

TEST_CASE("while nobody tells where shards are, none of their nodes is let go",
          "[registrar][reload]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.beat(3);
    s.removes({"shard-2"});
    CHECK(s.declined(5).find("run a has not told where its shards are") == 0);
    s.tell_copies(0, 0);
    s.join(late);
    bench::node_by_hand n;
    n.run = 1;
    n.hosting = wire::Hosting::OPEN;
    s.say(place_of_late, n);
    s.restart();
    s.removes({"shard-2"});  // it is about to be taken over
    CHECK(s.declined(5).find("run a has not told where its shards are") == 0);
}

TEST_CASE("a run for whose copies too few nodes are left is refused", "[registrar][reload]") {
    bench s;
    s.beat(3);
    s.removes({"shard-2"});
    CHECK(s.declined(5) == "");
    s.preparer.copies = 2;
    s.submit(0, bench::job("a"));
    CHECK(s.declined(0).find("run a wants 2 copies of each shard, and 1 node(s)") == 0);
    CHECK(s.usage(0));
}

TEST_CASE("a run that waited meanwhile fails for that", "[registrar][reload]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.beat(3);
    s.tell_copies(0, 0);
    s.preparer.copies = 2;
    s.submit(1, bench::job("b"));
    CHECK(s.declined(1) == "");
    s.end(1, wire::Ended::How::DONE);
    s.removes({"shard-2"});
    CHECK(s.declined(5) == "");
    s.cluster[2].speaks = false;
    s.beat(8);
    const auto failed = s.status()["runs"][0];
    CHECK(failed["name"] == "b");
    CHECK(failed["state"] == "failed");
}

TEST_CASE("a file that is wrong, or a full journal, changes nothing that is known",
          "[registrar][reload]") {
    bench s;
    s.grown.wrong = "c.toml:3: there is no role \"shrd\"";
    s.reload();
    CHECK(s.declined(5) == s.grown.wrong);
    CHECK(s.usage(5));
    s.grown.wrong = "";
    s.grown.edited = {{of_file}, {}, {}};
    s.grown.refused = "late";
    s.reload();
    CHECK(s.declined(5) == "there is no room for it");
    CHECK(s.journal.entries.empty());
    s.grown.refused = "";
    s.journal.full = true;
    s.reload();
    CHECK(s.declined(5) != "");
    CHECK(s.grown.known.empty());
}

TEST_CASE("a signal to a node has the file read, too", "[registrar][reload]") {
    bench s;
    s.grown.edited = {{of_file}, {}, {}};
    frame_builder b(bench::node(3), {role::REGISTRAR, 0}, 0, 0);
    b.root().initAsk().setWhat(wire::Ask::What::RELOAD);
    s.give(b);
    CHECK(s.grown.known == std::vector{of_file});
    CHECK(s.logged("node late joins the cluster"));
}

TEST_CASE("what a cluster cannot be without stays in it", "[registrar][reload]") {
    bench s;
    const auto refused = [&](const std::vector<std::string>& names) {
        s.removes(names);
        return s.declined(5);
    };
    s.beat(3);
    CHECK(refused({"head"}).find("head is the coordinator's") != std::string::npos);
    CHECK(refused({"shard-1", "shard-2"}).find("role shard") != std::string::npos);
    CHECK(refused({"worker-1"}).find("role worker") != std::string::npos);
    CHECK(refused({"nobody"}).find("no node nobody") != std::string::npos);
    CHECK(s.journal.entries.empty());
    s.removes({"shard-1"});
    CHECK(s.declined(5) == "");
    CHECK(refused({"shard-2"}).find("role shard") != std::string::npos);  // it is the last by now
}

TEST_CASE("a node that has what nobody else has is not taken out, nor one too many",
          "[registrar][reload]") {
    bench s;
    s.with_a_run();  // shard 0 is on shard-1, shard 1 on shard-2, and late could have both
    SECTION("who hands over is let go") {
        s.removes({"shard-1"});
        CHECK(s.declined(5) == "");
        s.cluster[1].hosting = wire::Hosting::LEAVING;
        s.beat();
        CHECK(s.told_to_leave() == std::set<std::uint32_t>{1});
        CHECK(s.assigned().first[1] == 1);  // until it has handed over
        CHECK(s.names_in_status().contains("shard-1"));
        s.move({role::SHARD, 1}, "shard-1");
        CHECK(s.declined(5) == "node shard-1 is taken out of the cluster");
        s.cluster[1].run = 0;  // it crashed: what it has is in its logs
        s.cluster[1].hosting = wire::Hosting::IDLE;
        s.say(1, s.cluster[1]);
        s.tick();
        CHECK(s.told_to_leave().empty());
        CHECK(s.assigned().first[1] == 1);
        s.cluster[1].run = 1;
        s.cluster[1].hosting = wire::Hosting::OPEN;
        s.say(1, s.cluster[1]);
        s.tick();
        CHECK(s.told_to_leave() == std::set<std::uint32_t>{1});
        s.tell_copies(2, 0, 2);  // late has it
        s.cluster[1].speaks = false;
        s.beats_with_late(8);
        CHECK_FALSE(s.names_in_status().contains("shard-1"));
        CHECK(s.status()["waits"].empty());
    }
    SECTION("it holds nothing that is to be kept when the run is over") {
        s.removes({"shard-1"});
        s.end(1, wire::Ended::How::DONE);
        s.say(1, s.cluster[1]);
        s.tick();
        CHECK(s.told_to_leave() == std::set<std::uint32_t>{1});
        CHECK(s.assigned().first[1] == 0);
    }
    SECTION("who is away cannot hand over") {
        s.cluster[1].speaks = false;
        s.beats_with_late(8);
        s.removes({"shard-1"});
        CHECK(s.declined(5).find("shard 0 of run a and could hand it over") != std::string::npos);
        CHECK_FALSE(s.usage(5));
    }
    SECTION("a node for each copy must be left") {
        s.cluster[1].speaks = true;
        s.removes({"shard-1", "late"});
        CHECK(s.declined(5).find("shard 0 to be on 1 node(s), and 0") != std::string::npos);
    }
}
