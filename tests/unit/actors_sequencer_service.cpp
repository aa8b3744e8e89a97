// The sequencer among its peers, message by message: who is heard, who is declared dead, and how
// the stream reaches the shards.
#include "actors/sequencer_service.hpp"

#include <limits>

#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t run = 7;
constexpr std::uint64_t era = 3;

/// A sequencer of two shards, with asynchronous rules.
struct bench {
    explicit bench(std::size_t stream_max = 4'096) : core(settings(stream_max)) { start(era); }

    static sequencer_service_settings settings(std::size_t stream_max) {
        sequencer_service_settings s;
        s.run = run;
        s.incarnation = 9;
        s.shards = 2;
        s.dead_ms = 100;
        s.stream_max = stream_max;
        s.rules.items_total = 1'000;
        s.rules.items_per_epoch = 1'000;
        s.rules.consistency.window = 1;
        s.rules.lease_min_ms = 1'000'000;
        s.rules.scalars = [](std::uint64_t, std::uint64_t) { return step_scalars{0.1f, 1, 1}; };
        return s;
    }

    void give(frame_builder& b) {
        out.clear();
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), now_ms, out);
    }
    void tick(std::int64_t at_ms) {
        now_ms = at_ms;
        out.clear();
        core.tick(now_ms, out);
    }
    static frame_builder message(address from, std::uint64_t of_era = era,
                                 std::uint64_t of_run = run) {
        return {from, {role::SEQUENCER, 0}, of_run, of_era};
    }
    static address worker(std::uint32_t index) { return {role::WORKER, index}; }

    void start(std::uint64_t of_era, const ledger_state& from = {}) {
        auto b = message({role::COORDINATOR, 0}, of_era);
        write(b.root().initStart().initLedger(), from);
        give(b);
    }
    void join(std::uint32_t index, std::uint64_t incarnation, std::uint64_t of_era = era) {
        auto b = message(worker(index), of_era);
        b.root().initJoin().setIncarnation(incarnation);
        give(b);
    }
    void beat(std::uint32_t index, std::uint64_t incarnation, std::uint64_t of_era = era,
              std::uint64_t of_run = run) {
        auto b = message(worker(index), of_era, of_run);
        b.root().initBeat().setIncarnation(incarnation);
        give(b);
    }
    void commit(std::uint32_t index, std::uint64_t incarnation, double loss) {
        auto b = message(worker(index));
        auto c = b.root().initCommit();
        c.setIncarnation(incarnation);
        c.setItem(999'999);  // nobody's: the loss is what counts here
        c.setLoss(loss);
        give(b);
    }
    void held(std::uint32_t shard, std::uint64_t next) {
        auto b = message({role::SHARD, shard});
        b.root().initRecordsHeld().setNext(next);
        give(b);
    }
    void control(wire::Control::Which what) {
        auto b = message({role::COORDINATOR, 0});
        auto c = b.root().initControl();
        if (what == wire::Control::CHECKPOINT) c.setCheckpoint();
        if (what == wire::Control::FINAL_CUT) c.setFinalCut();
        if (what == wire::Control::STOP_EARLY) c.setStopEarly();
        give(b);
    }

    std::size_t sent(wire::Message::Which kind) const {
        std::size_t n = 0;
        for (const auto& o : out) n += frame_reader(o.frame).root().which() == kind ? 1 : 0;
        return n;
    }
    /// What goes to a shard: the position of the first entry and the number of entries, by frame.
    std::vector<std::pair<std::uint64_t, std::size_t>> records(std::uint32_t shard) const {
        std::vector<std::pair<std::uint64_t, std::size_t>> all;
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to == address{role::SHARD, shard} && reader.root().isRecords())
                all.emplace_back(reader.root().getRecords().getFirst(),
                                 reader.root().getRecords().getRecords().size());
        }
        return all;
    }
    /// The workers that the records to shard 0 declare dead.
    std::vector<worker_key> fenced() const {
        std::vector<worker_key> all;
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to != address{role::SHARD, 0} || !reader.root().isRecords()) continue;
            for (auto r : reader.root().getRecords().getRecords())
                if (r.isFence())
                    all.push_back({r.getFence().getWorker(), r.getFence().getIncarnation()});
        }
        return all;
    }
    double loss() {
        tick(now_ms + 1);
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().isProgress()) return reader.root().getProgress().getLoss();
        }
        return std::numeric_limits<double>::quiet_NaN();
    }

    std::int64_t now_ms = 1;
    sequencer_service core;
    outbox out;
};

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

TEST_CASE("a start is answered however often it comes; one of an older era is not",
          "[sequencer-service]") {
    bench s;
    CHECK(s.sent(wire::Message::STARTED) == 1);
    s.join(0, 5);
    s.start(era);
    CHECK(s.sent(wire::Message::STARTED) == 1);
    s.beat(0, 5);
    CHECK(s.sent(wire::Message::OUTCOME) == 0);  // its books are those of before: 5 is known
    s.start(era - 1);
    CHECK(s.out.empty());
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
    s.commit(0, 5, 4);
    CHECK(s.loss() == 4);
    s.commit(0, 5, 2);
    CHECK(s.loss() == 3);
    s.commit(0, 5, std::numeric_limits<double>::quiet_NaN());
    s.commit(0, 5, std::numeric_limits<double>::infinity());
    CHECK(s.loss() == 3);
    for (int i = 0; i < 2'000; ++i) s.commit(0, 5, 1);
    for (int i = 0; i < 100; ++i) s.commit(0, 5, 0);
    const double shown = s.loss();
    CHECK(shown > 0.3);  // (1 - 1/100)^100 = 0.366
    CHECK(shown < 0.4);
}
