// The registrar and nodes that do not speak: who is judged, when, and what a run waits for.
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;
using bench = registrar_bench;

namespace {

std::string state(bench& s, std::size_t node) {
    return s.status().at("nodes").at(node).at("state");
}

// With a run that every node holds.
struct running : bench {
    running() {
        submit(0, job("mnist"));
        beat(4);
        log.clear();
    }
};

}  // namespace

TEST_CASE("a node is absent, then up, then silent, and since when is told", "[registrar]") {
    bench s;
    s.tick();
    CHECK(state(s, 1) == "absent");
    s.beat();
    CHECK(state(s, 1) == "up");
    s.cluster[1].speaks = false;
    s.beat(4);  // heard 1.0 s ago: one beat before these
    CHECK(state(s, 1) == "up");
    s.beat();
    CHECK(state(s, 1) == "silent");
    CHECK(s.status().at("nodes").at(1).at("since_s") == 1.2);
    s.beat(5);
    CHECK(s.status().at("nodes").at(1).at("since_s") == 2.2);
    s.cluster[1].speaks = true;
    s.beat();
    CHECK(state(s, 1) == "up");
    CHECK(s.status().at("nodes").at(1).at("since_s") == 0.2);
}

TEST_CASE("what a node says of itself is its state", "[registrar]") {
    bench s;
    auto n = s.cluster[2];
    const std::pair<wire::Hosting, const char*> states[] = {{wire::Hosting::OPENING, "opening"},
                                                            {wire::Hosting::REFUSED, "refused"},
                                                            {wire::Hosting::LEAVING, "leaving"},
                                                            {wire::Hosting::OPEN, "up"}};
    for (const auto& [hosting, name] : states) {
        n.hosting = hosting;
        s.say(2, n);
        CHECK(state(s, 2) == name);
    }
    n.incarnation = 6;  // an older life
    n.hosting = wire::Hosting::REFUSED;
    s.say(2, n);
    CHECK(state(s, 2) == "up");
}

TEST_CASE("a closed connection is silence at once", "[registrar]") {
    running s;
    frame_builder b({role::NODE, 0}, {role::REGISTRAR, 0}, 0, 0);
    auto p = b.root().initPeerChanged();
    p.setNode(2);
    p.setSentence("the connection was reset");
    s.give(b);
    CHECK(s.log.back() == "node shard-2 is not connected: the connection was reset");
    CHECK(state(s, 2) == "silent");
    s.cluster[2].speaks = false;
    s.beat();
    CHECK(s.log.back() ==
          "node shard-2 is silent since 0.2 s; run mnist waits for it until 60 s have passed");
}

TEST_CASE("a run waits for a shard's node, says so once, and goes on when it is back",
          "[registrar]") {
    running s;
    s.cluster[2].speaks = false;
    s.beat(20);
    CHECK(s.log == std::vector<std::string>{"node shard-2 is silent since 1.2 s; run mnist waits "
                                            "for it until 60 s have passed"});
    const auto status = s.status();
    const auto awaits = status.at("runs").at(0).at("awaits");
    REQUIRE(awaits.size() == 1);
    CHECK(awaits[0].at("node") == "shard-2");
    CHECK(awaits[0].at("deadline_s") == 57);  // silent in the 5th beat; 15 have passed since
    CHECK(status.at("waits").size() == 1);
    s.cluster[2].speaks = true;
    s.beat();
    CHECK(s.log.back() == "run mnist no longer waits for node shard-2");
    CHECK(s.status().at("runs").at(0).at("awaits").empty());
    s.beat(400);
    CHECK(s.log.size() == 2);
    CHECK_FALSE(s.ended(0));
}

TEST_CASE("a run fails when a node that it needs does not come, with its name", "[registrar]") {
    running s;
    s.cluster[1].speaks = false;
    s.beat(5 + 299);
    CHECK(s.status().at("runs").at(0).at("state") == "active");
    s.beat();
    REQUIRE(s.ended(0));
    CHECK(s.ended(0)->first == wire::Ended::How::FAILED);
    CHECK(s.ended(0)->second.find("node shard-1 is silent since 61.2 s, and run mnist has waited "
                                  "60 s for it") == 0);
}

TEST_CASE("a node that was never heard is waited for as long", "[registrar]") {
    bench s;
    s.cluster[1].speaks = false;
    s.submit(0, bench::job("mnist"));
    s.beat(10);
    CHECK(s.logged("node shard-1 was never heard; run mnist waits for it"));
    for (int i = 0; i < 310 && !s.ended(0); ++i) s.beat();
    REQUIRE(s.ended(0));
    CHECK(s.ended(0)->second.find("node shard-1 was never heard") == 0);
}

TEST_CASE("workers are missed only when none is left, and who loads data is not missed",
          "[registrar]") {
    running s;
    s.cluster[0].speaks = false;  // holds no shard
    s.cluster[2].hosting = wire::Hosting::OPENING;
    s.cluster[2].obeys = false;
    s.beat(400);
    CHECK(s.log.empty());
    s.cluster[3].speaks = false;
    s.beat(5);
    CHECK(s.log == std::vector<std::string>{"node worker-1 is silent since 1.2 s; run mnist waits "
                                            "for it until 60 s have passed"});
}

TEST_CASE("a registrar that was late itself judges nobody", "[registrar]") {
    running s;
    s.now_ms += 100'000;
    s.tick();
    CHECK(s.log.empty());
    s.beat(3);
    CHECK(s.log.empty());
    s.cluster[1].speaks = false;
    s.beat(100);  // 19 s of the wait
    s.now_ms += 100'000;
    s.beat(200);
    CHECK_FALSE(s.ended(0));
    CHECK(s.status().at("runs").at(0).at("state") == "active");
    for (int i = 0; i < 10 && !s.ended(0); ++i) s.beat();
    CHECK(s.ended(0));
}
