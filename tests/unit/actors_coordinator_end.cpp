// What the coordinator does while a run is served: checkpoints, its end, and an early one.
#include <algorithm>

#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;
using bench = coordinator_bench;
using wire::Control;

namespace {

coordinator_settings patient(std::uint32_t patience, double min_delta = 0) {
    coordinator_settings s;
    s.patience = patience;
    s.min_delta = min_delta;
    return bench::with_defaults(s);
}

/// Whether the run is told to stop after the evaluation of an epoch.
bool stops(bench& s, std::uint64_t epoch, const bench::metrics& of) {
    s.evaluated(false, epoch, of);
    return s.control() == Control::STOP_EARLY;
}
bool stops(bench& s, std::uint64_t epoch, double loss) {
    return stops(s, epoch, {{"loss", loss}});
}

}  // namespace

TEST_CASE("a checkpoint is asked for at its interval after the last, until the order is complete",
          "[coordinator]") {
    coordinator_settings every;
    every.checkpoint_every_ms = 300;
    bench s(bench::with_defaults(every));
    s.now_ms = 1'000;
    s.serve();
    s.tick(1'299);
    CHECK(s.control() == std::nullopt);
    s.tick(1'300);
    CHECK(s.control() == Control::CHECKPOINT);
    s.tick(1'301);
    CHECK(s.control() == std::nullopt);
    s.now_ms = 1'500;
    s.published(false);
    s.tick(1'799);
    CHECK(s.control() == std::nullopt);
    s.tick(1'800);
    CHECK(s.control() == Control::CHECKPOINT);
    s.progressed(true);
    s.tick(2'100);
    CHECK(s.control() == std::nullopt);
}

TEST_CASE("a run has ended when its order is complete, and its last cut published and evaluated",
          "[coordinator]") {
    std::vector<int> order{0, 1, 2};
    do {
        bench s;
        s.serve();
        s.published(false);  // those of an earlier cut count for nothing
        s.evaluated(false);
        for (const int what : order) {
            CHECK(s.noted("finished") == 0);
            if (what == 0) s.progressed(true);
            if (what == 1) s.published(true);
            if (what == 2) s.evaluated(true);
        }
        CHECK(s.noted("finished") == 1);
        const auto notes = s.seen.notes.size();
        s.progressed(true);
        s.ready(bench::shard(0), 99);
        s.tick(100'000);
        CHECK(s.out.empty());
        CHECK(s.seen.notes.size() == notes);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a last cut that is not complete in time is placed again", "[coordinator]") {
    bench s;
    s.serve();
    s.now_ms = 1'000;
    s.progressed(true);
    s.now_ms = 3'000;
    s.progressed(true);
    for (const std::int64_t due : {6'000, 11'000}) {
        CHECK(s.control_at(due - 1) == std::nullopt);
        CHECK(s.control_at(due) == Control::FINAL_CUT);
    }
}

TEST_CASE("a run stops after `patience` evaluations in a row without gain", "[coordinator]") {
    bench s(patient(2, 0.25));
    s.serve();
    CHECK_FALSE(stops(s, 1, 4.0));
    CHECK_FALSE(stops(s, 2, 3.75));  // a gain is more than min_delta
    CHECK_FALSE(stops(s, 3, 3.5));   // against the best, not the last
    CHECK_FALSE(stops(s, 4, 3.25));
    CHECK_FALSE(stops(s, 5, 2.5));
    CHECK_FALSE(stops(s, 6, 2.5));
    CHECK(stops(s, 7, 9.0));
    const auto told =
        "the run stops early: 2 evaluations up to epoch 7 were not better than the best before";
    CHECK(s.noted(told) == 1);
    CHECK(stops(s, 8, 9.0));  // asked again, in case it was lost; told once
    CHECK(s.noted(told) == 1);
}

TEST_CASE("as much as min_delta is no gain", "[coordinator]") {
    bench s(patient(2, 0.25));
    s.serve();
    CHECK_FALSE(stops(s, 1, 4.0));
    CHECK_FALSE(stops(s, 2, 3.75));
    CHECK(stops(s, 3, 3.75));
}

TEST_CASE("a gain begins the count anew", "[coordinator]") {
    bench s(patient(2));
    s.serve();
    CHECK_FALSE(stops(s, 1, 4.0));
    CHECK_FALSE(stops(s, 2, 5.0));
    CHECK_FALSE(stops(s, 3, 3.0));
    CHECK_FALSE(stops(s, 4, 5.0));
    CHECK(stops(s, 5, 4.0));  // better than the last, not than the best
}

TEST_CASE("the validation's loss counts where there is one", "[coordinator]") {
    bench s(patient(1));
    s.serve();
    CHECK_FALSE(stops(s, 1, {{"loss", 4}, {"validation_loss", 2}, {"accuracy", 0.5}}));
    CHECK_FALSE(stops(s, 2, {{"validation_loss", 1}, {"loss", 5}, {"accuracy", 0.5}}));
    CHECK(stops(s, 3, {{"loss", 1}, {"validation_loss", 3}}));
    CHECK_FALSE(stops(s, 4, {{"accuracy", 0.1}}));  // nothing to judge by
}

TEST_CASE("what was evaluated before an era went back is void", "[coordinator]") {
    bench s(patient(2));
    s.serve();
    CHECK_FALSE(stops(s, 1, 3.0));
    CHECK_FALSE(stops(s, 2, 2.0));
    CHECK_FALSE(stops(s, 3, 2.5));
    CHECK_FALSE(stops(s, 1, 1.0));
    CHECK_FALSE(stops(s, 2, 2.0));
    CHECK(stops(s, 3, 2.0));
}

TEST_CASE("nothing is stopped that is not asked to have patience, or that is complete",
          "[coordinator]") {
    bench endless(patient(0));
    endless.serve();
    for (std::uint64_t epoch = 1; epoch < 9; ++epoch) CHECK_FALSE(stops(endless, epoch, 1.0));
    bench complete(patient(1));
    complete.serve();
    CHECK_FALSE(stops(complete, 1, 1.0));
    complete.progressed(true);
    CHECK_FALSE(stops(complete, 2, 1.0));
}

TEST_CASE("an early stop is told again until the order is complete, and not in another era",
          "[coordinator]") {
    bench s(patient(1));
    s.serve();
    s.evaluated(false, 1, {{"loss", 1.0}});
    s.now_ms = 100;
    s.evaluated(false, 2, {{"loss", 1.0}});
    REQUIRE(s.control() == Control::STOP_EARLY);
    CHECK(s.control_at(1'099) == std::nullopt);
    CHECK(s.control_at(1'100) == Control::STOP_EARLY);
    CHECK(s.control_at(2'099) == std::nullopt);
    CHECK(s.control_at(2'100) == Control::STOP_EARLY);
    SECTION("it is complete") {
        s.progressed(true);
    }
    SECTION("the era went back") {
        s.ready(bench::sequencer, 14);
        s.serve();
    }
    CHECK(s.control_at(3'100) == std::nullopt);
}

TEST_CASE("a last cut of which something was lost is asked for again soon, and then ever later",
          "[coordinator]") {
    auto settings = bench::with_defaults({});
    settings.cut_soon_ms = 500;
    bench s(settings);
    s.now_ms = 1'000;
    s.serve();
    s.progressed(true);
    std::vector<std::int64_t> asked_ms;
    for (std::int64_t at = 1'000; at <= 20'000; at += 100)
        if (s.control_at(at) == Control::FINAL_CUT) asked_ms.push_back(at);
    // After 500, 500, 1000, 2000 and 4000 ms, and then after 5000, which is the most.
    CHECK(asked_ms == std::vector<std::int64_t>{1'500, 2'000, 3'000, 5'000, 9'000, 14'000, 19'000});
}

TEST_CASE("a checkpoint that was asked for and does not come is asked for again soon",
          "[coordinator]") {
    auto settings = bench::with_defaults({});
    settings.cut_soon_ms = 500;
    bench s(settings);
    s.now_ms = 1'000;
    s.serve();
    s.asked_for_a_checkpoint();
    CHECK(s.control() == Control::CHECKPOINT);
    CHECK(s.control_at(1'499) == std::nullopt);
    CHECK(s.control_at(1'500) == Control::CHECKPOINT);
    s.published(false);
    CHECK(s.control_at(4'000) == std::nullopt);
}
