// A worker that cannot reach a shard, message by message: it hands its items back, and joins anew
// when it reaches every shard again.
#include <fmt/format.h>

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/unit/worker_bench.hpp"

using namespace slackline;
using bench = worker_bench;
using items = std::vector<item_id>;
using shards = std::vector<std::uint32_t>;

namespace {

const auto told_of = [](int shard) {
    return fmt::format("worker 0 cannot reach shard {} for 3.0 s; its items are handed back",
                       shard);
};

/// Ticks as its actor does, once in 200 ms, up to a time. Whether it left on the way.
bool leaves_until(bench& s, std::int64_t until_ms) {
    while (s.now_ms < until_ms) {
        s.tick(std::min(s.now_ms + 200, until_ms));
        if (s.left()) return true;
    }
    return false;
}

/// Item 6, pulled from both shards or computed, and shard 1 silent; cut off by now.
bench& cut_off(bench& s) {
    s.tick(1);
    s.grant(6, 2);
    s.pulled(0, {.item = 6});
    CHECK(leaves_until(s, 3'001));
    CHECK(s.now_ms == 3'001);
    return s;
}

}  // namespace

TEST_CASE("a pull that a shard owes for too long, and nothing else of it, hands the items back",
          "[worker]") {
    bench s;
    const auto life = s.lives.last;
    s.tick(1);
    s.grant(5, 1);
    s.pull_all(5, 1);
    s.grant(6, 2);
    s.pulled(0, {.item = 6, .request = 2});
    CHECK_FALSE(leaves_until(s, 3'000));
    s.tick(3'001);
    CHECK(s.left() == life);
    CHECK(s.told == std::vector<std::string>{told_of(1)});
    CHECK(s.sent(wire::Message::BEAT) == 0);
    CHECK(s.inquired() == shards{0, 1});
    CHECK(*s.device.jobs[0]->cancelled);
    s.computed_is(1);
    CHECK(s.out.empty());
    CHECK_FALSE(s.core.drained());
}

TEST_CASE("a push that does not land for too long hands the items back", "[worker]") {
    bench s;
    s.tick(1);
    s.grant(6, 2);
    s.pull_all(6, 1);
    CHECK_FALSE(leaves_until(s, 9'000));  // the device computes, however long
    s.computed_is(1);
    s.landed(1, 6, 1);
    CHECK_FALSE(leaves_until(s, 11'999));
    s.tick(12'000);
    CHECK(s.left());
    CHECK(s.told == std::vector<std::string>{told_of(0)});
}

TEST_CASE("a shard that says anything is within reach", "[worker]") {
    bench s;
    s.tick(1);
    SECTION("that it is being restored, in whichever era") {
        const auto of = GENERATE(std::uint64_t(0), bench::era, bench::era + 1);
        s.grant(6, 2);
        s.pulled(1, {.item = 6});
        for (int i = 0; i < 5; ++i) {
            CHECK_FALSE(leaves_until(s, s.now_ms + 2'900));
            s.refused(6, wire::Refusal::NOT_READY, {}, of);
        }
    }
    SECTION("what it holds, while a pull waits for its floor") {
        s.grant(6, 2, 40);
        s.pulled(1, {.item = 6, .count = 40});
        for (int i = 0; i < 5; ++i) {
            CHECK_FALSE(leaves_until(s, s.now_ms + 2'900));
            s.holds(0);
        }
    }
    SECTION("the answer of another item") {
        s.grant(6, 2);
        s.pulled(1, {.item = 6});
        CHECK_FALSE(leaves_until(s, 2'900));
        s.grant(7, 3);
        s.pull_all(7, 2);
        CHECK_FALSE(leaves_until(s, 5'800));
    }
    CHECK(s.told.empty());
    CHECK_FALSE(s.open().empty());
}

TEST_CASE("a shard that owes an answer is asked what it holds, with every repetition", "[worker]") {
    bench s;
    s.tick(1);
    s.grant(6, 2);
    s.pulled(0, {.item = 6});
    s.tick(1'000);
    CHECK(s.inquired().empty());
    s.tick(1'001);
    CHECK(s.inquired() == shards{1});
    CHECK(s.sent(wire::Message::PULL) == 1);
}

TEST_CASE("silence before an item was opened does not count", "[worker]") {
    bench s;
    CHECK_FALSE(leaves_until(s, 60'001));
    s.grant(6, 2);
    CHECK_FALSE(leaves_until(s, 63'000));
    s.tick(63'001);
    CHECK(s.left());
}

TEST_CASE("a worker that was late itself holds no silence against a shard", "[worker]") {
    bench s;
    s.tick(1);
    s.grant(6, 2);
    s.tick(60'000);
    CHECK_FALSE(s.left());
    CHECK(s.open() == items{6});
    CHECK_FALSE(leaves_until(s, 62'999));
    s.tick(63'000);
    CHECK(s.left());
}

TEST_CASE("a worker that is cut off asks from time to time, and joins anew when all answer",
          "[worker]") {
    bench s;
    const auto life = s.lives.last;
    cut_off(s);
    s.tick(4'000);
    CHECK(s.out.empty());
    s.tick(4'001);
    CHECK(s.left() == life);  // the first may be lost
    CHECK(s.inquired() == shards{0, 1});
    s.holds(0);
    CHECK(s.out.empty());
    s.tick(5'001);
    CHECK(s.inquired() == shards{1});
    s.holds(1);
    CHECK(s.joined() == life + 1);
    CHECK(s.out.size() == 1);
    CHECK(s.told == std::vector<std::string>{told_of(1),
                                             "worker 0 reaches every shard again and joins anew"});
    CHECK(s.open().empty());
    s.grant(6, 3);
    CHECK(s.sent(wire::Message::PULL) == 2);
}

TEST_CASE("a worker that joins anew is not cut off again at once", "[worker]") {
    bench s;
    cut_off(s);
    s.holds(0);
    s.holds(1);
    s.grant(6, 3);
    CHECK_FALSE(leaves_until(s, 6'000));
    s.tick(6'001);
    CHECK(s.left());
}

TEST_CASE("only shards of this era, and of this run, count for a worker that is cut off",
          "[worker]") {
    bench s;
    cut_off(s);
    for (const std::uint64_t other : {std::uint64_t(0), bench::era - 1, bench::era + 1}) {
        s.holds(0, other);
        s.holds(1, other);
        CHECK(s.out.empty());
    }
    s.holds(0);
    s.holds(0);
    s.holds(4'000'000'000);
    CHECK(s.out.empty());
    frame_builder other_run(bench::shard(1), {role::WORKER, 0}, bench::run + 1, bench::era);
    other_run.root().initHolds();
    s.give(other_run);
    frame_builder no_shard({role::SEQUENCER, 1}, {role::WORKER, 0}, bench::run, bench::era);
    no_shard.root().initHolds();
    s.give(no_shard);
    CHECK(s.out.empty());
    s.holds(1);
    CHECK(s.joined());
}

TEST_CASE("a worker that is cut off opens nothing and joins on nobody's word but the shards'",
          "[worker]") {
    bench s;
    cut_off(s);
    s.grant(7, 3);
    s.outcome(0, answer::fenced, 0);
    s.pulled(1, {.item = 6});
    s.refused(6, wire::Refusal::FENCED);
    CHECK(s.out.empty());
    CHECK(s.data.prepared == 1);
    CHECK(s.device.jobs.empty());
}

TEST_CASE("a new era finds a worker that is cut off: it asks anew, and joins that one",
          "[worker]") {
    bench s;
    cut_off(s);
    s.holds(0);
    s.start(bench::era + 1);
    CHECK(s.inquired() == shards{0, 1});
    CHECK_FALSE(s.joined());
    s.holds(1);  // late, of the former era
    s.holds(1, bench::era + 1);
    CHECK(s.out.empty());
    s.holds(0, bench::era + 1);
    CHECK(s.joined() == s.lives.last);
    frame_reader reader(s.out[0].frame);
    CHECK(reader.root().getEra() == bench::era + 1);
}

TEST_CASE("a worker that is cut off has nothing to finish when it drains", "[worker]") {
    bench s;
    cut_off(s);
    s.drain();
    CHECK(s.core.drained());
    s.holds(0);
    s.holds(1);
    s.tick(9'000);
    CHECK(s.out.empty());
}
