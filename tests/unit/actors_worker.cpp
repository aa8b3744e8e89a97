// The worker's core, message by message: the way of an item, and what of it is repeated or late.
#include "tests/catch.hpp"
#include "tests/unit/worker_bench.hpp"

using namespace slackline;
using bench = worker_bench;
using items = std::vector<item_id>;

TEST_CASE("a worker says that it is there until an era starts", "[worker]") {
    bench s;
    worker fresh({0, bench::run, 1'000, 8}, s.map, s.device, s.data, s.lives);
    outbox out;
    fresh.tick(1, out);
    REQUIRE(out.size() == 1);
    CHECK(out[0].to == address{role::COORDINATOR, 0});
    CHECK(frame_reader(out[0].frame).root().getReady().getIncarnation() == s.lives.last);
}

TEST_CASE("a worker joins once an era, each time in a new life", "[worker]") {
    bench s;
    const auto first = s.joined();
    CHECK(first == s.lives.last);
    s.start(bench::era);
    CHECK(s.out.empty());
    s.start(bench::era - 1);
    CHECK(s.out.empty());
    s.start(bench::era + 1);
    CHECK(s.joined() == s.lives.last);
    CHECK(s.joined() > first);
    frame_builder other_run({role::SEQUENCER, 0}, {role::WORKER, 0}, bench::run + 1,
                            bench::era + 2);
    other_run.root().initStart();
    s.give(other_run);
    CHECK(s.out.empty());
}

TEST_CASE("an item goes from its lease to its outcome", "[worker]") {
    bench s;
    s.grant(6, 2, 4);
    REQUIRE(s.sent(wire::Message::PULL) == 2);
    CHECK(s.first(wire::Message::PULL, [](auto m) { return m.getPull().getFloor(); }) == 4u);
    s.pulled(1, {.item = 6, .count = 5});
    CHECK(s.device.jobs.empty());
    s.pulled(0, {.item = 6, .count = 9});
    REQUIRE(s.device.jobs.size() == 1);
    CHECK(s.device.jobs[0]->item == 6);
    s.computed_is(1, 0.25, 2);
    REQUIRE(s.sent(wire::Message::PUSH) == 2);
    CHECK(s.first(wire::Message::PUSH, [](auto m) { return m.getPush().getBase(); }) == 5u);
    s.landed(0, 6, 1);
    CHECK(s.out.empty());
    s.landed(1, 6, 1);
    REQUIRE(s.sent(wire::Message::COMMIT) == 1);
    frame_reader reader(s.out[0].frame);
    const auto c = reader.root().getCommit();
    CHECK(c.getIncarnation() == s.lives.last);
    CHECK(c.getItem() == 6);
    CHECK(c.getBase() == 5);
    CHECK(c.getAttempt() == 1);
    CHECK(c.getLease() == 2);
    CHECK(c.getLoss() == 0.25);
    CHECK(c.getSquaredNorm() == 2);
    CHECK(c.getComputeMs() == 6);
    CHECK(s.open() == items{6});
    s.outcome(6, answer::first, 1);
    CHECK(s.open().empty());
}

TEST_CASE("what comes twice is done once", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.grant(6, 2);
    CHECK(s.out.empty());
    CHECK(s.data.prepared == 1);
    s.pulled(0, {.item = 6});
    s.pulled(0, {.item = 6});
    CHECK(s.device.jobs.empty());
    s.pulled(1, {.item = 6});
    s.pulled(1, {.item = 6});
    CHECK(s.device.jobs.size() == 1);
    s.computed_is(1);
    s.computed_is(1);
    CHECK(s.out.empty());
    s.landed(0, 6, 1);
    s.landed(0, 6, 1);
    CHECK(s.out.empty());
    s.landed(1, 6, 1);
    s.landed(1, 6, 1);
    CHECK(s.out.empty());
    s.outcome(6, answer::first, 1);
    s.outcome(6, answer::first, 1);
    s.grant(6, 2);  // late: its lease is over
    CHECK(s.out.empty());
    CHECK(s.open().empty());
}

TEST_CASE("without progress a worker says again what is not answered, once a while", "[worker]") {
    bench s;
    const auto once_more = [&](wire::Message::Which kind, std::size_t expected) {
        const auto begun = s.now_ms;
        s.tick(begun + 999);
        CHECK(s.sent(kind) == 0);
        s.tick(begun + 1'000);
        CHECK(s.sent(kind) == expected);
        s.tick(begun + 1'001);
        CHECK(s.sent(kind) == 0);
    };
    s.grant(6, 2);
    once_more(wire::Message::PULL, 2);
    s.pulled(0, {.item = 6});
    once_more(wire::Message::PULL, 1);
    s.pulled(1, {.item = 6});
    once_more(wire::Message::PULL, 0);  // the device computes, however long
    s.computed_is(1);
    once_more(wire::Message::PUSH, 2);
    s.landed(1, 6, 1);
    once_more(wire::Message::PUSH, 1);
    s.landed(0, 6, 1);
    once_more(wire::Message::COMMIT, 1);
}

TEST_CASE("answers to another attempt are none", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.cancel(6, 2);
    s.grant(6, 3);  // attempt 2
    s.pull_all(6, 1);
    CHECK(s.device.jobs.empty());
    s.pull_all(6, 2);
    REQUIRE(s.device.jobs.size() == 1);
    s.computed_is(1);
    CHECK(s.out.empty());
    s.computed_is(2);
    CHECK(s.sent(wire::Message::PUSH) == 2);
    for (const std::uint32_t from : {0, 1}) s.landed(from, 6, 1);
    CHECK(s.out.empty());
    s.landed(0, 6, 2);
    s.landed(1, 6, 2);
    CHECK(s.sent(wire::Message::COMMIT) == 1);
    s.outcome(6, answer::recompute, 1);
    CHECK(s.open() == items{6});
    s.outcome(6, answer::duplicate, 1);  // the item is closed, by whomever
    CHECK(s.open().empty());
}

TEST_CASE("answers of a shard that the map does not have are none", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.pulled(0, {.item = 6});
    s.pulled(4'000'000'000, {.item = 6});
    CHECK(s.out.empty());
    s.pulled(1, {.item = 6});
    s.computed_is(1);
    s.landed(0, 6, 1);
    s.landed(4'000'000'000, 6, 1);
    CHECK(s.out.empty());
    s.landed(1, 6, 1);
    CHECK(s.sent(wire::Message::COMMIT) == 1);
}

TEST_CASE("a slice older than the lease's floor is not computed on", "[worker]") {
    bench s;
    s.grant(6, 2, 4);
    s.pulled(0, {.item = 6, .count = 4});
    s.pulled(1, {.item = 6, .count = 3});  // to a pull of a former life, under the same number
    CHECK(s.device.jobs.empty());
    s.pulled(1, {.item = 6, .count = 4});
    CHECK(s.device.jobs.size() == 1);
}

TEST_CASE("frames of another era change nothing", "[worker]") {
    bench s;
    s.grant(5, 1);
    for (const std::uint64_t other : {bench::era - 1, bench::era + 1}) {
        s.grant(6, 2, 0, {}, other);
        CHECK(s.out.empty());
        s.pull_all(5, 1, 50, other);
        CHECK(s.device.jobs.empty());
        s.outcome(5, answer::first, 1, {}, other);
        s.outcome(0, answer::fenced, 0, {}, other);
        CHECK(s.out.empty());
        CHECK(s.open() == items{5});
    }
}

TEST_CASE("frames to a former life change nothing", "[worker]") {
    bench s;
    const auto former = s.lives.last;
    s.start(bench::era + 1);
    s.start(bench::era + 2);
    const auto now = bench::era + 2;
    const auto hears = [&](auto fill) {
        auto b = s.message({role::SEQUENCER, 0}, now);
        fill(b.root());
        s.give(b);
        return !s.out.empty();
    };
    CHECK_FALSE(hears([&](auto m) { m.initGrant().setIncarnation(former); }));
    CHECK_FALSE(hears([&](auto m) {
        auto o = m.initOutcome();
        o.setIncarnation(former);
        o.setAnswer(wire::Answer::FENCED);
    }));
    CHECK_FALSE(hears([&](auto m) {
        auto r = m.initRefused();
        r.setIncarnation(former);
        r.setWhy(wire::Refusal::FENCED);
    }));
    CHECK(hears([&](auto m) { m.initGrant().setIncarnation(s.lives.last); }));
    CHECK_FALSE(hears([&](auto m) { m.initCancel().setIncarnation(former); }));
    CHECK(s.open() == items{0});
}

TEST_CASE("slices that landed for a former life are not this one's", "[worker]") {
    bench s;
    const auto former = s.lives.last - 1;
    s.bring_to_push(6, 2, 1);
    s.landed(0, 6, 1, former);
    s.landed(1, 6, 1, former);
    CHECK(s.out.empty());
}
