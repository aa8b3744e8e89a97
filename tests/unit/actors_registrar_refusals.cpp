// The registrar and nodes that refuse their part of a run: when it ends, and when it goes on.
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;
using bench = registrar_bench;
using runs = std::vector<std::int64_t>;

TEST_CASE("a node that refuses ends the run with its sentence", "[registrar]") {
    bench s;
    s.submit(0, bench::job("mnist"));
    s.beat(3);
    auto refusing = s.cluster[3];
    refusing.run = 1;
    refusing.hosting = wire::Hosting::REFUSED;
    refusing.sentence = "/data/train.csv is not there";
    s.say(3, refusing);
    s.tick();
    CHECK(s.ended(0) == std::pair(wire::Ended::How::FAILED,
                                  std::string("node worker-1 refuses run mnist: /data/train.csv "
                                              "is not there")));
    s.submit(0, bench::job("other"));
    s.say(3, refusing);  // of run 1: that is over
    s.beat(3);
    CHECK(s.assigned().first == runs{2, 2, 2, 2});
}

namespace {

// A cluster with two nodes of workers; every node holds run 1.
struct two_of_workers : bench {
    two_of_workers() : bench(nodes + 1) {
        submit(0, job("mnist"));
        beat(4);
        log.clear();
    }
    // The node comes back in a new life, and refuses what it is told to hold until it `agrees`.
    void refuse(std::uint32_t i, const std::string& sentence) {
        auto& n = cluster[i];
        n.run = 1;
        n.hosting = wire::Hosting::REFUSED;
        n.sentence = sentence;
    }
    bool told_to_hold(std::uint32_t i) const { return assigned().first[i] == 1; }
};

}  // namespace

TEST_CASE("a run that has come somewhere goes on without a node of workers that refuses",
          "[registrar]") {
    two_of_workers s;
    s.progress(1, 40);
    s.refuse(bench::second_of_workers, "/data/train.csv is not there");
    s.beat();
    CHECK_FALSE(s.ended(0));
    CHECK(s.assigned().first == runs{1, 1, 1, 1, 0});
    CHECK(s.log ==
          std::vector<std::string>{"node worker-2 refuses run mnist, which goes on without it: "
                                   "/data/train.csv is not there; the node tries again every 5 s"});
    for (int i = 0; i < 24; ++i) {
        s.beat();
        CHECK_FALSE(s.told_to_hold(bench::second_of_workers));
    }
    s.beat();
    CHECK(s.told_to_hold(bench::second_of_workers));
    CHECK(s.assigned().second[bench::second_of_workers]);
    s.refuse(bench::second_of_workers, "/data/train.csv is not there");
    s.beat();
    CHECK_FALSE(s.told_to_hold(bench::second_of_workers));
    CHECK(s.log.size() == 1);  // said once
    s.beat(25);
    CHECK(s.cluster[bench::second_of_workers].run == 1);
    s.beat(30);
    CHECK(s.told_to_hold(bench::second_of_workers));
    CHECK(s.status().at("runs").at(0).at("state") == "active");
}

TEST_CASE("a node that refuses ends a run that cannot do without it", "[registrar]") {
    two_of_workers s;
    std::uint32_t who = bench::second_of_workers;
    SECTION("nothing was trained yet: it is wrong from its beginning") {}
    SECTION("nobody else computes") {
        s.progress(1, 40);
        s.cluster[3].speaks = false;
        s.beat(6);
    }
    SECTION("it holds a shard") {
        s.progress(1, 40);
        who = 2;
    }
    s.refuse(who, "it has no memory");
    s.beat();
    REQUIRE(s.ended(0));
    CHECK(s.ended(0)->first == wire::Ended::How::FAILED);
    CHECK(s.ended(0)->second.find("refuses run mnist: it has no memory") != std::string::npos);
}

TEST_CASE("a node that refuses at the beginning ends the run, however quick the others were",
          "[registrar]") {
    bench s(bench::nodes + 1);
    s.submit(0, bench::job("mnist"));
    auto& slow = s.cluster[bench::second_of_workers];
    for (int i = 0; i < 6 && s.log.empty(); ++i) s.beat();
    REQUIRE(s.log.at(0).find("is opened") != std::string::npos);
    slow.speaks = false;  // for two beats: it looks at its model
    s.beat(2);
    s.progress(1, 40);
    slow.speaks = true;
    slow.run = 1;
    slow.hosting = wire::Hosting::REFUSED;
    slow.sentence = "no model 'huber_line'";
    s.beat();
    REQUIRE(s.ended(0));
    CHECK(s.ended(0)->first == wire::Ended::How::FAILED);
    CHECK(s.ended(0)->second.find("worker-2 refuses run mnist") != std::string::npos);
}
