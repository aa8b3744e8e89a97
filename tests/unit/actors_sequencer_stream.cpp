// How the sequencer's stream reaches the shards.
#include "tests/catch.hpp"
#include "tests/unit/sequencer_service_bench.hpp"

using namespace slackline;
using bench = sequencer_service_bench;

namespace {
using places = std::vector<std::pair<std::uint64_t, std::size_t>>;
}

TEST_CASE("a shard gets no more than it may lag behind, and goes on where it holds",
          "[sequencer-service]") {
    bench s(4);
    for (std::uint64_t i = 0; i < 6; ++i) {
        s.control(wire::Control::CHECKPOINT);
        CHECK(s.records(0) == (i < 4 ? places{{i, 1}} : places{}));
    }
    s.held(0, 2);
    CHECK(s.records(0) == places{{4, 2}});
    CHECK(s.records(1).empty());
    s.held(1, 1);
    CHECK(s.records(1) == places{{4, 1}});
}

TEST_CASE("what a shard does not confirm is sent again; what it holds is not",
          "[sequencer-service]") {
    bench s;
    for (int i = 0; i < 3; ++i) s.control(wire::Control::CHECKPOINT);
    s.held(0, 3);
    s.held(1, 1);
    s.tick(10);  // they made progress since the tick before
    CHECK(s.records(1).empty());
    s.tick(20);
    CHECK(s.records(0).empty());
    CHECK(s.records(1) == places{{1, 2}});
    s.held(1, 0);  // late: it held more before
    s.tick(30);
    CHECK(s.records(1) == places{{1, 2}});
}

TEST_CASE("a shard cannot hold what was not sent to it", "[sequencer-service]") {
    bench s(2);
    for (int i = 0; i < 4; ++i) s.control(wire::Control::CHECKPOINT);
    s.held(0, 1'000);  // 2 were sent
    CHECK(s.records(0) == places{{2, 2}});
    s.control(wire::Control::CHECKPOINT);
    CHECK(s.records(0).empty());  // it holds 2, has 4 under way
    s.held(4'000'000'000, 4);     // there is no such shard
    CHECK(s.out.empty());
    s.held(1, 2);
    CHECK(s.records(1) == places{{2, 2}});
}

TEST_CASE("a long stream travels in frames of a bounded number of records", "[sequencer-service]") {
    bench s(1'200);
    for (int i = 0; i < 1'100; ++i) s.control(wire::Control::CHECKPOINT);
    s.tick(10);
    s.tick(20);  // from the start once more
    CHECK(s.records(0) == places{{0, 512}, {512, 512}, {1'024, 76}});
}
