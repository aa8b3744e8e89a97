// When the coordinator asks for checkpoints, asks again, and gives up.
#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;

namespace {

using bench = coordinator_bench;
using Control = wire::Control;
constexpr cut_purpose checkpoint{true, false, false};
constexpr cut_purpose last{true, true, true};

// Resends after 1 s, waits 5 s for a cut, gives a last checkpoint up that fails for 5 s.
coordinator_settings settings() {
    auto s = bench::with_defaults({});
    s.give_up_ms = 5'000;
    return s;
}

}  // namespace

TEST_CASE("a checkpoint that is asked for before an era serves is asked of it later",
          "[coordinator]") {
    bench s(settings());
    SECTION("before the first era") {
        s.asked_for_a_checkpoint();
    }
    s.tick(10);
    s.restored(0, 11);
    SECTION("while the shards are restored") {
        s.asked_for_a_checkpoint();
    }
    s.restored(1, 12);
    SECTION("while the sequencer starts") {
        s.asked_for_a_checkpoint();
    }
    CHECK(s.control() == std::nullopt);
    s.started(13);
    CHECK(s.control_at(200) == Control::CHECKPOINT);
    CHECK(s.control_at(400) == std::nullopt);
}

TEST_CASE("a checkpoint that is asked for is asked again after its loss, and not after it is there",
          "[coordinator]") {
    bench s(settings());
    s.serve();
    s.asked_for_a_checkpoint();
    CHECK(s.control() == Control::CHECKPOINT);
    SECTION("it failed: again, but not at once") {
        s.cut_failed(checkpoint);
        CHECK(s.noted("warned: the disk is full") == 1);
        CHECK(s.control() == std::nullopt);
        CHECK(s.control_at(1'009) == std::nullopt);
        CHECK(s.control_at(1'010) == Control::CHECKPOINT);
    }
    SECTION("the era was lost: of the next one") {
        s.ready(bench::sequencer, 14);
        s.serve();
        CHECK(s.control_at(200) == Control::CHECKPOINT);
    }
    SECTION("nothing came of it") {
        CHECK(s.control_at(5'009) == std::nullopt);
        CHECK(s.control_at(5'010) == Control::CHECKPOINT);
    }
    SECTION("it is there") {
        s.published(false);
        CHECK(s.control_at(5'010) == std::nullopt);
    }
}

TEST_CASE("a cut for another purpose that failed is told and not asked for again",
          "[coordinator]") {
    bench s(settings());
    s.serve();
    s.cut_failed({false, true, false});
    CHECK(s.noted("warned: the disk is full") == 1);
    CHECK(s.control_at(60'000) == std::nullopt);
}

TEST_CASE(
    "a last checkpoint that fails is tried again for a while, then the run ends with the cause",
    "[coordinator]") {
    bench s(settings());
    s.serve();
    s.progressed(true);
    s.cut_failed(last);
    for (std::int64_t ms = 1'010; ms <= 5'010; ms += 1'000) {
        INFO("after " << ms << " ms");
        CHECK(s.control_at(ms - 1) == std::nullopt);
        CHECK(s.control_at(ms) == Control::FINAL_CUT);
        CHECK(s.noted("failed: the last checkpoint could not be written: the disk is full; remove "
                      "the cause, then go on with --resume") == 0);
        s.cut_failed(last);
        CHECK(s.control() == std::nullopt);
    }
    CHECK(s.noted("failed: the last checkpoint could not be written: the disk is full; remove the "
                  "cause, then go on with --resume") == 1);
    CHECK(s.control_at(70'000) == std::nullopt);
}

TEST_CASE("a last evaluation that keeps failing ends the run after a while, with the cause",
          "[coordinator]") {
    bench s(settings());
    s.serve();
    s.progressed(true);
    const char* ended =
        "failed: the last evaluation came to nothing: the disk is full; remove the cause, then go "
        "on with --resume";
    s.cut_failed(last, role::EVALUATOR);
    CHECK(s.control_at(1'010) == Control::FINAL_CUT);
    s.cut_failed(last, role::EVALUATOR);
    CHECK(s.control_at(5'010) == Control::FINAL_CUT);
    CHECK(s.noted(ended) == 0);
    s.cut_failed(last, role::EVALUATOR);
    CHECK(s.noted(ended) == 1);
}

TEST_CASE("of periodic checkpoints one is in flight, however slow the disk is", "[coordinator]") {
    auto every = settings();
    every.checkpoint_every_ms = 100;
    bench s(every);
    s.serve();
    CHECK(s.control_at(110) == Control::CHECKPOINT);
    for (std::int64_t ms = 210; ms < 5'110; ms += 100) CHECK(s.control_at(ms) == std::nullopt);
    SECTION("the next is asked for a period after it is there") {
        s.published(false);
        CHECK(s.control_at(5'109) == std::nullopt);
        CHECK(s.control_at(5'110) == Control::CHECKPOINT);
    }
    SECTION("or when it failed") {
        s.cut_failed(checkpoint);
        CHECK(s.control_at(5'011) == Control::CHECKPOINT);
    }
    SECTION("or when nothing was heard of it for long") {
        CHECK(s.control_at(5'110) == Control::CHECKPOINT);
    }
    SECTION("or of another era") {
        s.ready(bench::sequencer, 14);
        s.serve();
        CHECK(s.control_at(5'109) == std::nullopt);
        CHECK(s.control_at(5'110) == Control::CHECKPOINT);
    }
}

TEST_CASE("a checkpoint from before it was asked for is not the one that was asked for",
          "[coordinator]") {
    bench s(settings());
    s.serve();
    s.progressed(false, bench::newest, 30);
    s.asked_for_a_checkpoint();
    s.published(false, bench::newest, 29);  // was on its way
    SECTION("it stays asked for until one of that count, or a later, is there") {
        CHECK(s.control_at(5'010) == Control::CHECKPOINT);
        s.published(false, bench::newest, 30);
        CHECK(s.control_at(20'000) == std::nullopt);
    }
    SECTION("an era that goes back has no such count for long") {
        s.ready(bench::sequencer, 14);
        s.serve();
        CHECK(s.control_at(200) == Control::CHECKPOINT);
        s.published(false, bench::newest, 3);
        CHECK(s.control_at(20'000) == std::nullopt);
    }
}
