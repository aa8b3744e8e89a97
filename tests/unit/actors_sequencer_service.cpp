// The sequencer among its peers, message by message: who is heard, who is declared dead, and what
// is told of it.
#include <cmath>

#include "tests/catch.hpp"
#include "tests/unit/sequencer_service_bench.hpp"

using namespace slackline;
using bench = sequencer_service_bench;

namespace {
constexpr auto run = bench::run;
constexpr auto era = bench::era;
using places = std::vector<std::pair<std::uint64_t, std::size_t>>;
}  // namespace

TEST_CASE("a sequencer that was not started only says that it is there", "[sequencer-service]") {
    sequencer_service core(bench::settings(10));
    outbox out;
    for (const std::uint64_t of_era : {0, 1}) {
        auto b = bench::message(bench::worker(0), of_era);
        b.root().initBeat().setIncarnation(1);
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), 1, out);
        CHECK(out.empty());
    }
    core.tick(1, out);
    REQUIRE(out.size() == 1);
    frame_reader reader(out[0].frame);
    CHECK(out[0].to == address{role::COORDINATOR, 0});
    CHECK(reader.root().getReady().getIncarnation() == 9);
}

TEST_CASE("a start is answered however often it comes; one of an older era is told what is held",
          "[sequencer-service]") {
    bench s;
    CHECK(s.sent(wire::Message::STARTED) == 1);
    s.join(0, 5);
    s.start(era);
    CHECK(s.sent(wire::Message::STARTED) == 1);
    s.beat(0, 5);
    CHECK(s.sent(wire::Message::OUTCOME) == 0);  // its books are those of before: 5 is known
    s.start(era - 1);
    REQUIRE(s.out.size() == 1);
    CHECK(s.out[0].to == address{role::COORDINATOR, 0});
    frame_reader reader(s.out[0].frame);
    REQUIRE(reader.root().isHolds());
    CHECK(reader.root().getEra() == era);
    CHECK(reader.root().getHolds().getIncarnation() == 9);
}

TEST_CASE("a start that is meant for another life is not followed", "[sequencer-service]") {
    bench s;
    for (const std::uint64_t life : {0, 8, 10}) {
        s.start(era + 1, {}, life);
        CHECK(s.out.empty());
        s.start(era, {}, life);
        CHECK(s.out.empty());
    }
    s.join(0, 5);
    CHECK(s.sent(wire::Message::GRANT) == 1);  // it is in the era that it was in
}

TEST_CASE("a newer era replaces everything", "[sequencer-service]") {
    bench s;
    s.join(0, 5);
    s.control(wire::Control::CHECKPOINT);
    CHECK(s.records(0) == places{{0, 1}});
    s.start(era + 1);
    s.beat(0, 5, era + 1);
    CHECK(s.sent(wire::Message::OUTCOME) == 1);  // unknown here: join
    auto b = bench::message({role::COORDINATOR, 0}, era + 1);
    b.root().initControl().setCheckpoint();
    s.give(b);
    CHECK(s.records(0) == places{{0, 1}});  // a stream of its own
    CHECK(s.records(1) == places{{0, 1}});
}

TEST_CASE("a worker of an older era is told of this one, and nothing else of it is heard",
          "[sequencer-service]") {
    bench s;
    s.join(0, 5, era - 1);
    CHECK(s.out.size() == 1);
    CHECK(s.out[0].to == bench::worker(0));
    frame_reader reader(s.out[0].frame);
    CHECK(reader.root().isStart());
    CHECK(reader.root().getEra() == era);
    s.join(0, 5, era + 1);  // of an era that is still to come here
    CHECK(s.out.empty());
    s.beat(0, 5, era, run + 1);
    CHECK(s.out.empty());
}

TEST_CASE("a worker that is silent for the dead time is declared dead", "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    s.join(1, 6);
    s.tick(80);
    s.beat(1, 6);
    s.tick(101);
    CHECK(s.fenced().empty());
    s.tick(102);
    CHECK(s.fenced() == std::vector<worker_key>{{0, 5}});
    CHECK(s.sent(wire::Message::GRANT) == 0);  // the other one has its window full
    s.beat(0, 5);
    CHECK(s.sent(wire::Message::OUTCOME) == 1);  // dead: join again
}

TEST_CASE("a worker whose connection is lost is dead at once, and its items are leased again",
          "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    const auto item = s.granted_item;
    s.join(1, 6);
    s.fail_granted(1, 6);  // a free hand
    s.peer_changed(s.worker(0), true);
    s.peer_changed({role::NODE, 0}, false);
    s.peer_changed(s.worker(2), false);  // that is not here
    CHECK(s.out.empty());
    s.peer_changed(s.worker(0), false);
    CHECK(s.fenced() == std::vector<worker_key>{{0, 5}});
    s.peer_changed(s.worker(0), false);
    CHECK(s.out.empty());
    s.leave(1, 6);
    s.join(1, 7);
    CHECK(s.granted(1, 7) == std::vector<std::uint64_t>{item});
    s.beat(0, 5);
    CHECK(s.sent(wire::Message::OUTCOME) == 1);  // dead: join again
}

TEST_CASE("a detector that was late holds no lost connection against a worker",
          "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    s.now_ms = 1'000;  // stopped since then; what happened meanwhile is heard before its tick ...
    s.peer_changed(s.worker(0), false);
    CHECK(s.fenced().empty());
    s.tick(1'000);
    s.now_ms = 1'099;  // ... or after it
    s.peer_changed(s.worker(0), false);
    CHECK(s.fenced().empty());
    s.tick(1'100);
    s.peer_changed(s.worker(0), false);
    CHECK(s.fenced() == std::vector<worker_key>{{0, 5}});
}

TEST_CASE("a former life neither keeps a worker alive nor takes its place", "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 6);
    s.tick(80);
    s.beat(0, 5);
    CHECK(s.sent(wire::Message::OUTCOME) == 1);
    s.tick(102);
    CHECK(s.fenced() == std::vector<worker_key>{{0, 6}});
}

TEST_CASE("a detector that was late itself judges nobody", "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    s.tick(50);
    s.tick(1'000);
    CHECK(s.fenced().empty());
    s.tick(1'100);
    CHECK(s.fenced().empty());
    s.tick(1'101);
    CHECK(s.fenced() == std::vector<worker_key>{{0, 5}});
}

TEST_CASE("a detector that was late since before the era judges nobody", "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.start(era + 1);
    s.join(0, 5, era + 1);
    s.tick(1'000);
    CHECK(s.fenced().empty());
}

TEST_CASE("a worker whose new life was seen but never joined does not live on in the former one",
          "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    s.beat(0, 6);  // its join was lost
    CHECK(s.sent(wire::Message::OUTCOME) == 1);
    s.tick(80);
    s.tick(150);
    CHECK(s.fenced() == std::vector<worker_key>{{0, 5}});
}

TEST_CASE("a cause that is too long is cut where it is received", "[sequencer-service]") {
    bench s;
    s.join(0, 5);
    for (int i = 0; i < 3; ++i) s.fail_granted(0, 5, std::string(1'000'000, 'x'));
    REQUIRE(s.records(0).size() == 1);
    s.tick(10);
    const auto cause = s.progress([](wire::Progress::Reader p) {
        const auto skips = p.getHistory().getSkips();
        return skips.size() == 1 ? std::string(skips[0].getCause().cStr()) : std::string();
    });
    CHECK(cause.size() < 600);
    CHECK(cause.ends_with("xxx..."));
}

TEST_CASE("the last cut is placed again only where the order is complete", "[sequencer-service]") {
    bench s;
    s.control(wire::Control::FINAL_CUT);
    CHECK(s.out.empty());
    s.control(wire::Control::STOP_EARLY);  // nothing was leased: that is the end
    CHECK(s.records(0) == places{{0, 1}});
    CHECK(s.sent(wire::Message::ACCOUNT) == 2);  // to the checkpointer and to the evaluator
    s.control(wire::Control::FINAL_CUT);
    CHECK(s.records(0) == places{{1, 1}});
    CHECK(s.sent(wire::Message::ACCOUNT) == 2);
}

TEST_CASE("the loss shown is that of about the last hundred items, and always a number",
          "[sequencer-service]") {
    bench s;
    s.commit(0, 5, 4, {});
    CHECK(s.loss() == 4);
    s.commit(0, 5, 2, {});
    CHECK(s.loss() == 3);
    s.commit(0, 5, std::numeric_limits<double>::quiet_NaN(), {});
    s.commit(0, 5, std::numeric_limits<double>::infinity(), {});
    CHECK(s.loss() == 3);
    for (int i = 0; i < 2'000; ++i) s.commit(0, 5, 1, {});
    for (int i = 0; i < 100; ++i) s.commit(0, 5, 0, {});
    const double shown = s.loss();
    CHECK(shown > 0.3);  // (1 - 1/100)^100 = 0.366
    CHECK(shown < 0.4);
}

TEST_CASE("a detector that was late ends no lease for it", "[sequencer-service]") {
    bench s(4'096, 300);
    const auto ended = [&](std::int64_t at_ms) {
        s.tick(at_ms);
        return s.progress([](wire::Progress::Reader p) { return p.getHistory().getLeasesEnded(); });
    };
    s.join(0, 5);
    REQUIRE(s.sent(wire::Message::GRANT) == 1);
    CHECK(ended(50) == 0);
    CHECK(ended(950) == 0);  // 900 ms late: the lease ends at 1201, not at 301
    for (std::int64_t at_ms = 1'000; at_ms <= 1'200; at_ms += 50) {
        s.beat(0, 5);
        CHECK(ended(at_ms) == 0);
    }
    s.beat(0, 5);
    CHECK(ended(1'201) == 1);
}

TEST_CASE("the first tick of an era is late by the time since its start, not since ever",
          "[sequencer-service]") {
    bench s(4'096, 300);
    s.now_ms = 1'000'000;
    s.start(era + 1);
    auto b = bench::message(bench::worker(0), era + 1);
    b.root().initJoin().setIncarnation(5);
    s.give(b);
    REQUIRE(s.sent(wire::Message::GRANT) == 1);
    for (std::int64_t passed_ms = 50; passed_ms <= 300; passed_ms += 50) {
        s.beat(0, 5, era + 1);
        s.tick(1'000'000 + passed_ms);
        CHECK(s.progress([](wire::Progress::Reader p) {
            return p.getHistory().getLeasesEnded();
        }) == (passed_ms == 300 ? 1u : 0u));
    }
}

TEST_CASE("before an era's first gradient its loss is no number", "[sequencer-service]") {
    bench s;
    CHECK(std::isnan(s.loss()));
    s.commit(0, 5, 4, {});
    CHECK(s.loss() == 4);
    s.start(era + 1);
    CHECK(std::isnan(s.loss()));
}
