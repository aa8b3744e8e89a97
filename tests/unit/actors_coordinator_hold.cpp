// How a coordinator has the order held, and what it does then: nothing.
#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;
using bench = coordinator_bench;
using Control = wire::Control;

namespace {

struct held_bench : bench {
    using bench::bench;
    void hold() {
        give({role::COORDINATOR, 0}, [](auto m) { m.initControl().setHold(); }, 0);
    }
    void go_on() {
        give({role::COORDINATOR, 0}, [](auto m) { m.initControl().setGoOn(); }, 0);
    }
    void stands(std::uint64_t count, std::uint64_t behind) {
        give(sequencer, [&](auto m) {
            auto p = m.initProgress();
            p.setCount(count);
            p.setHeld(true);
            p.setHeldBehind(behind);
        });
    }
    void published_cut(std::uint64_t cut, std::uint64_t count) {
        give({role::CHECKPOINTER, 0}, [&](auto m) {
            auto c = m.initPublished().initCut();
            c.setCut(cut);
            c.setCount(count);
        });
    }
    void hold_at(std::uint64_t count, std::uint64_t behind) {
        hold();
        stands(count, behind);
        published_cut(behind, count);
        tick(now_ms + 200);
    }
};

}  // namespace

TEST_CASE("it is held when a checkpoint of all that is ordered is there", "[coordinator][hold]") {
    held_bench s;
    s.serve();
    s.hold();
    CHECK(s.control() == Control::HOLD);
    CHECK(s.control_at(200) == Control::HOLD);  // until it is seen to be
    s.stands(40, 3);
    CHECK(s.control_at(400) == std::nullopt);
    s.published_cut(2, 40);  // of the same count, but items may have been skipped since
    s.tick(600);
    CHECK(s.noted("held at 40") == 0);
    s.published_cut(3, 40);
    s.tick(800);
    CHECK(s.noted("held at 40") == 1);
    s.tick(1'000);
    CHECK(s.noted("held at 40") == 2);  // whoever has to know may have missed it
}

TEST_CASE("a coordinator that holds does nothing that would order something",
          "[coordinator][hold]") {
    held_bench s;
    s.serve();
    s.hold_at(40, 3);
    s.ready(bench::sequencer, 20);  // a new life of it would not be held
    CHECK(s.out.empty());
    s.ready(bench::shard(0), 21);
    s.asked_for_a_checkpoint();
    s.hold();
    s.tick(100'000);
    CHECK(s.out.empty());
    CHECK(s.store.era == 1);
    s.go_on();
    CHECK(s.control() == Control::GO_ON);
    s.ready(bench::sequencer, 20);
    CHECK(s.store.era == 2);
}

TEST_CASE("the checkpoint of a held order is asked for again where it is lost",
          "[coordinator][hold]") {
    auto settings = bench::with_defaults({});
    settings.cut_ms = 20'000;
    held_bench s(settings);
    s.serve();
    s.hold();
    s.stands(40, 3);
    s.tick(200);
    CHECK(s.control_at(5'199) == std::nullopt);
    CHECK(s.control_at(5'200) == Control::CHECKPOINT);
}

TEST_CASE("what cannot be held in time goes on, and that is told", "[coordinator][hold]") {
    held_bench s;
    s.serve();
    s.hold();
    s.stands(40, 3);
    CHECK(s.control_at(5'010) == Control::GO_ON);
    CHECK(s.noted("not held: 5 s were not enough for a checkpoint of all that is ordered") == 1);
    s.stands(40, 3);
    CHECK(s.control_at(5'200) == Control::GO_ON);  // until it is seen to
    s.progressed(false, bench::newest, 41);
    CHECK(s.control_at(5'400) == std::nullopt);
}

TEST_CASE("a run that is about to end is not held", "[coordinator][hold]") {
    held_bench s;
    s.serve();
    s.progressed(true, bench::newest, 100);
    s.hold();
    CHECK(s.noted("not held: the run is about to end") == 1);
    s.published(true);
    s.evaluated(true);
    CHECK(s.noted("finished") == 1);
}

TEST_CASE("an order that a coordinator finds held goes on", "[coordinator][hold]") {
    auto settings = bench::with_defaults({});
    settings.adopt = 1;
    held_bench s(settings);
    s.store.era = 1;
    s.take_over();
    s.stands(40, 3);
    CHECK(s.control_at(200) == Control::GO_ON);
}

TEST_CASE("what is to be held is so in the next era, too", "[coordinator][hold]") {
    held_bench s;
    s.serve();
    s.hold();
    s.stands(40, 3);
    s.ready(bench::sequencer, 20);
    s.restored(0, 21);
    s.restored(1, 22);
    s.started(20);
    CHECK(s.control_at(400) == Control::HOLD);
}

TEST_CASE("a word of a hold that is over is none of the next one", "[coordinator][hold]") {
    held_bench s;
    s.serve();
    s.hold();
    SECTION("it was held") {
        s.stands(40, 3);
        s.published_cut(3, 40);
        s.tick(200);
        REQUIRE(s.noted("held at 40") == 1);
        s.go_on();
    }
    SECTION("nothing was heard of that") {
        s.go_on();
        s.published_cut(3, 40);
    }
    const auto held = s.noted("held at 40");
    s.hold();
    s.stands(40, 3);  // said before it heard that it is to go on
    CHECK(s.control_at(400) == Control::GO_ON);
    s.progressed(false, bench::newest, 44);
    CHECK(s.control_at(600) == Control::HOLD);
    s.stands(44, 3);  // late
    CHECK(s.control_at(800) == Control::GO_ON);
    s.progressed(false, bench::newest, 45);
    CHECK(s.control_at(1'000) == Control::HOLD);
    s.stands(45, 4);
    s.published_cut(4, 45);
    s.tick(1'200);
    CHECK(s.noted("held at 40") == held);
    CHECK(s.noted("held at 45") == 1);
}
