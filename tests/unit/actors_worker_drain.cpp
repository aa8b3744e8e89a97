// A worker that drains, message by message: it finishes what is open and leaves for ever.
#include "tests/catch.hpp"
#include "tests/unit/worker_bench.hpp"

using namespace slackline;
using bench = worker_bench;
using items = std::vector<item_id>;

namespace {

/// It says nothing any more, whatever comes and however long.
void is_gone(bench& s) {
    CHECK(s.core.drained());
    const auto prepared = s.data.prepared;
    s.grant(30, 30);
    CHECK(s.out.empty());
    s.outcome(0, answer::fenced, 0);
    CHECK(s.out.empty());
    s.start(bench::era + 9);
    CHECK(s.out.empty());
    s.holds(0, bench::era + 9);
    CHECK(s.out.empty());
    s.drain();
    CHECK(s.out.empty());
    for (int i = 0; i < 9; ++i) {
        s.tick(s.now_ms + 1'000);
        CHECK(s.out.empty());
    }
    CHECK(s.data.prepared == prepared);
    CHECK(s.core.drained());
}

}  // namespace

TEST_CASE("a worker with nothing open leaves at once when it drains", "[worker]") {
    bench s;
    CHECK_FALSE(s.core.drained());
    s.drain();
    CHECK(s.left() == s.lives.last);
    CHECK(s.out.size() == 1);
    CHECK(s.out[0].to == address{role::SEQUENCER, 0});
    is_gone(s);
}

TEST_CASE("a worker that drains finishes what is open, opens nothing, and leaves", "[worker]") {
    bench s;
    s.grant(5, 1);
    s.bring_to_push(6, 2, 2);
    s.drain();
    CHECK(s.out.empty());
    s.grant(7, 3);
    CHECK(s.out.empty());
    CHECK(s.data.prepared == 2);
    s.pull_all(5, 1);
    s.computed_is(1);
    CHECK(s.sent(wire::Message::PUSH) == 2);
    for (std::uint32_t shard : {0, 1}) s.landed(shard, 6, 2);
    CHECK(s.sent(wire::Message::COMMIT) == 1);
    s.outcome(6, answer::first, 2);
    CHECK(s.open() == items{5});  // it goes on to give signs of life
    CHECK_FALSE(s.core.drained());
    for (std::uint32_t shard : {0, 1}) s.landed(shard, 5, 1);
    s.outcome(5, answer::first, 1);
    s.tick(s.now_ms);
    CHECK(s.left() == s.lives.last);
    CHECK(s.out.size() == 1);
    is_gone(s);
}

TEST_CASE("a commit that waits in the order keeps a worker that drains, for a time", "[worker]") {
    bench s;
    s.tick(1);
    s.bring_to_commit(6, 2, 1);
    s.drain();
    SECTION("its outcome comes") {
        s.tick(900);
        CHECK_FALSE(s.left());
        const auto what =
            GENERATE(answer::first, answer::duplicate, answer::skipped, answer::recompute);
        s.outcome(6, what, 1);
        s.tick(1'000);
    }
    SECTION("its outcome does not come: it waits for what this worker does not open") {
        for (const std::int64_t at : {1'001, 2'001}) {
            s.tick(at);
            CHECK(s.sent(wire::Message::COMMIT) == 1);
            CHECK_FALSE(s.left());
        }
        s.tick(3'000);
        CHECK_FALSE(s.left());
        s.tick(3'001);
        CHECK(s.told.empty());  // no shard has to do with it
    }
    CHECK(s.left() == s.lives.last);
    is_gone(s);
}

TEST_CASE("a cancel or a failure ends an item for a worker that drains too", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.drain();
    SECTION("cancelled") {
        s.cancel(6, 2);
    }
    SECTION("failed") {
        s.pull_all(6, 1);
        s.computed_is(1, 0, 0, "it threw");
        CHECK(s.failed() == "it threw");
    }
    s.tick(s.now_ms);
    CHECK(s.left() == s.lives.last);
    is_gone(s);
}

TEST_CASE("a worker that drains joins no new era and no new life", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.pull_all(6, 1);
    s.drain();
    SECTION("the era changes") {
        s.start(bench::era + 1);
    }
    SECTION("the sequencer has declared it dead") {
        s.outcome(0, answer::fenced, 0);
    }
    SECTION("a shard has heard that it is dead") {
        s.refused(6, wire::Refusal::FENCED);
    }
    CHECK(s.out.empty());
    CHECK(*s.device.jobs[0]->cancelled);
    s.computed_is(1);
    CHECK(s.out.empty());
    is_gone(s);
}

TEST_CASE("a worker that drains before its first era never takes part", "[worker]") {
    bench s;
    worker fresh({0, bench::run, 1'000, 8}, s.map, s.device, s.data, s.lives);
    outbox out;
    fresh.drain(out);
    CHECK(fresh.drained());
    fresh.tick(1, out);
    auto b = s.message({role::COORDINATOR, 0}, bench::era);
    b.root().initStart();
    const frame f = b.finish();
    fresh.handle(f, frame_reader(f).root(), 2, out);
    fresh.tick(3, out);
    CHECK(out.empty());
}

TEST_CASE("a worker that drains hands back what it cannot finish", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.drain();
    for (std::int64_t at = 200; at <= 3'000; at += 200) s.tick(at);
    CHECK_FALSE(s.core.drained());
    s.tick(3'001);
    CHECK(s.left() == s.lives.last);
    CHECK(s.told == std::vector<std::string>{
                        "worker 0 cannot reach shard 0 for 3.0 s; its items are handed back"});
    is_gone(s);
}
