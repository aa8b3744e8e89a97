// How the sequencer's stream reaches the shards, and how long it may become.
#include "tests/catch.hpp"
#include "tests/unit/sequencer_service_bench.hpp"

using namespace slackline;
using bench = sequencer_service_bench;

namespace {
using places = std::vector<std::pair<std::uint64_t, std::size_t>>;
}

TEST_CASE("all shards have room or none gets anything new", "[sequencer-service]") {
    bench s(4);
    for (std::uint64_t i = 0; i < 6; ++i) {
        s.control(wire::Control::CHECKPOINT);
        CHECK(s.records(0) == (i < 4 ? places{{i, 1}} : places{}));
    }
    s.held(0, 4);
    s.control(wire::Control::CHECKPOINT);
    CHECK(s.records(0).empty());  // the other one holds nothing
    s.held(1, 1);
    s.control(wire::Control::CHECKPOINT);
    CHECK(s.records(0) == places{{4, 1}});
    CHECK(s.records(1) == places{{4, 1}});
}

TEST_CASE("whatever workers say, the stream has an end while a shard takes nothing",
          "[sequencer-service]") {
    bench s(4);
    s.join(0, 1);
    std::uint64_t end = 0;
    const auto take = [&] {
        for (const auto& [first, n] : s.records(0)) end = first + n;
    };
    SECTION("items that fail") {
        for (int i = 0; i < 100; ++i) {
            s.fail_granted(0, 1);
            take();
            s.held(0, end);
            s.beat(0, 1);
        }
    }
    SECTION("lives that end") {
        for (std::uint64_t life = 2; life < 100; ++life) {
            s.join(0, life);
            take();
            s.held(0, end);
        }
    }
    SECTION("gradients that nobody waits for") {
        for (std::uint64_t i = 0; i < 100; ++i) {
            s.commit(0, 1, 0, {.item = 0, .attempt = i});
            take();
            s.held(0, end);
        }
    }
    CHECK(end >= 4);
    CHECK(end <= 4 + 3);  // one message's decisions may go over it
    s.held(1, end);
    s.control(wire::Control::CHECKPOINT);
    CHECK(s.records(0) == places{{end, 1}});
}

TEST_CASE("a worker that speaks while the stream is full lives; its leases wait for room",
          "[sequencer-service]") {
    bench s(1);
    s.tick(1);
    s.join(0, 5);
    s.join(1, 6);
    const auto items = s.sent(wire::Message::GRANT);
    CHECK(items == 1);
    s.control(wire::Control::CHECKPOINT);
    s.tick(80);
    s.beat(0, 5);
    s.tick(150);
    CHECK(s.fenced().empty());
    s.join(2, 7);
    CHECK(s.sent(wire::Message::GRANT) == 0);
    s.held(0, 1);
    s.held(1, 1);
    s.tick(160);
    CHECK(s.fenced() == std::vector<worker_key>{{1, 6}});
    s.held(0, 2);
    s.held(1, 2);
    s.beat(2, 7);
    CHECK(s.sent(wire::Message::OUTCOME) == 1);  // not heard before: join again
    s.join(2, 8);
    CHECK(s.sent(wire::Message::GRANT) == 1);
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

TEST_CASE("a shard that holds more than there is follows another order: the era is lost",
          "[sequencer-service]") {
    bench s(2);
    s.control(wire::Control::CHECKPOINT);
    s.held(4'000'000'000, 2);  // there is no such shard
    CHECK_FALSE(s.lost());
    s.held(1, 2);  // 1 was placed
    CHECK(s.lost());
    s.control(wire::Control::CHECKPOINT);
    CHECK(s.records(0).empty());
    s.tick(10);
    CHECK(s.lost());
    s.start(bench::era + 1);
    s.tick(20);
    CHECK_FALSE(s.lost());
}

TEST_CASE("what a shard answered to a former life of the sequencer tells nothing",
          "[sequencer-service]") {
    bench s(2);
    s.control(wire::Control::CHECKPOINT);
    s.held(1, 1'000, 8);
    CHECK_FALSE(s.lost());
}

TEST_CASE("a long stream travels in frames of a bounded number of records", "[sequencer-service]") {
    bench s(1'200);
    for (int i = 0; i < 1'100; ++i) s.control(wire::Control::CHECKPOINT);
    s.tick(10);
    s.tick(20);  // from the start once more
    CHECK(s.records(0) == places{{0, 512}, {512, 512}, {1'024, 76}});
}
