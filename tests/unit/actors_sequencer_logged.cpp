// A sequencer that keeps a log: nothing of its order leaves before it is durable, and a new life
// goes on from it.
#include <memory>

#include "tests/catch.hpp"
#include "tests/unit/memory_log.hpp"
#include "tests/unit/sequencer_service_bench.hpp"

using namespace slackline;

namespace {

struct with_log {
    memory_log log;
};

struct bench : with_log, sequencer_service_bench {
    static constexpr std::uint64_t first_life = 9;

    explicit bench(std::size_t stream_max = 4'096)
        : sequencer_service_bench(stream_max, 1'000'000, &log) {
        read_log();
    }
    void read_log() {
        out.clear();
        core.handle(log.answer(), now_ms, out);
    }
    void become_durable() {
        out.clear();
        core.handle(logged{log.end()}, now_ms, out);
    }
    /// Both shards say how far they hold the stream.
    void all_hold(std::uint64_t next, std::uint64_t answered = first_life) {
        held(0, next, answered);
        held(1, next, answered);
    }
    void restart(std::uint64_t life, const ledger_state& from = {}, bool recover = true) {
        auto s = settings(4'096);
        s.incarnation = life;
        std::destroy_at(&core);
        std::construct_at(&core, s, &log);
        auto b = message({role::COORDINATOR, 0});
        auto start = b.root().initStart();
        write(start.initLedger(), from);
        start.setIncarnation(life);
        start.setRecover(recover);
        give(b);
    }
    /// So many items were applied, each by an entry of its own, and nothing else happened.
    static ledger_state checkpoint_of(std::uint64_t items) {
        ledger_state l;
        l.watermark = l.applied = l.count = l.position = items;
        l.items_total = 1'000;
        return l;
    }
    std::vector<answer> answers() const {
        std::vector<answer> all;
        for (const auto& o : out)
            if (frame_reader r(o.frame); r.root().isOutcome())
                all.push_back(read(r.root().getOutcome().getAnswer()));
        return all;
    }
    bool says(wire::Message::Which kind) const {
        return std::any_of(out.begin(), out.end(), [&](const auto& o) {
            return frame_reader(o.frame).root().which() == kind;
        });
    }
    std::uint64_t count() const {
        return progress([](wire::Progress::Reader p) { return p.getCount(); });
    }
    void work(std::uint32_t worker, std::uint64_t incarnation) {
        commit(worker, incarnation, 0.5, {granted_item, 1});
    }
    using places = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
};

using message = wire::Message;

}  // namespace

TEST_CASE("an era has begun once its mark is durable", "[sequencer-service][logged]") {
    bench s;
    CHECK_FALSE(s.says(message::STARTED));
    s.become_durable();
    CHECK(s.says(message::STARTED));
}

TEST_CASE("nothing is decided before every shard has said what it holds",
          "[sequencer-service][logged]") {
    bench s;
    s.tick(1);
    CHECK(s.records(0) == bench::places{{0, 0}});  // it is asked
    CHECK(s.records(1) == bench::places{{0, 0}});
    s.join(0, 5);
    CHECK(s.granted(0, 5).empty());
    s.held(0, 0);
    s.tick(2);
    CHECK(s.records(0).empty());
    CHECK(s.records(1) == bench::places{{0, 0}});
    s.join(0, 5);
    CHECK(s.granted(0, 5).empty());
    s.held(1, 0);
    s.join(0, 5);
    CHECK(s.granted(0, 5) == std::vector<std::uint64_t>{0});
}

TEST_CASE("a record is sent, and its items acknowledged, once it is durable",
          "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.join(0, 5);
    s.work(0, 5);
    CHECK(s.records(0).empty());
    CHECK(s.answers().empty());
    CHECK(s.granted_item == 1);  // that waits for nothing
    s.work(0, 5);
    s.become_durable();
    CHECK(s.records(0) == bench::places{{0, 2}});
    CHECK(s.records(1) == bench::places{{0, 2}});
    CHECK(s.answers() == std::vector{answer::first, answer::first});
}

TEST_CASE("who is fenced, or must compute again, is told at once", "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.beat(0, 4);
    CHECK(s.answers() == std::vector{answer::fenced});
}

TEST_CASE("a cut's account leaves once the cut is durable", "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.control(wire::Control::CHECKPOINT);
    CHECK_FALSE(s.says(message::ACCOUNT));
    s.become_durable();
    REQUIRE(s.says(message::ACCOUNT));
    for (const auto& o : s.out)
        if (frame_reader r(o.frame); r.root().isAccount())
            CHECK(r.root().getAccount().getLedger().getPosition() == 1);
}

TEST_CASE("a new life goes on where the log ends", "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.join(0, 5);
    for (int i = 0; i < 3; ++i) s.work(0, 5);
    s.control(wire::Control::CHECKPOINT);
    s.restart(10);
    CHECK(s.out.empty());
    s.read_log();
    CHECK(s.says(message::STARTED));
    s.all_hold(2, 10);
    CHECK(s.records(1) == bench::places{{2, 2}});  // what it lacks
    s.beat(0, 5);
    CHECK(s.answers() == std::vector{answer::fenced});
    s.join(0, 6);
    CHECK(s.granted(0, 6) == std::vector<std::uint64_t>{3});  // 0 to 2 are applied
    s.become_durable();
    REQUIRE(s.records(0) == bench::places{{4, 1}});
    CHECK(s.fenced() == std::vector{worker_key{0, 5}});
    s.work(0, 6);
    s.become_durable();
    CHECK(s.answers() == std::vector{answer::first});
    s.tick(5);
    CHECK(s.count() == 4);
}

TEST_CASE("a new life begins with the checkpoint, and the log behind it",
          "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.join(0, 5);
    for (int i = 0; i < 3; ++i) s.work(0, 5);
    s.restart(10, bench::checkpoint_of(2));
    s.read_log();
    s.all_hold(3, 10);
    s.tick(5);
    CHECK(s.count() == 3);
}

TEST_CASE("a log that is gone, or lacks what is behind the checkpoint, ends the era",
          "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.join(0, 5);
    SECTION("gone") {
        s.work(0, 5);
        s.log.frames.clear();
        s.restart(10);
        s.read_log();
    }
    SECTION("its beginning is") {
        s.work(0, 5);
        s.work(0, 5);
        s.log.begin = s.log.end() - 1;
        s.restart(10);
        s.read_log();
    }
    SECTION("a shard holds more") {
        s.restart(10);
        s.read_log();
        s.held(0, 1, 10);
    }
    SECTION("a shard comes back with less than it held") {
        for (int i = 0; i < 3; ++i) s.work(0, 5);
        s.become_durable();
        s.held(0, 3, 9, 1);
        s.held(1, 3, 9, 1);
        CHECK_FALSE(s.lost());
        s.held(0, 2, 9, 1);  // late
        CHECK_FALSE(s.lost());
        s.held(0, 2, 9, 2);
    }
    CHECK(s.lost());
    CHECK_FALSE(s.says(message::STARTED));
    s.tick(10);
    CHECK(s.lost());
    s.join(1, 7);
    CHECK(s.out.empty());
}

TEST_CASE("a shard that comes back is told again whom to fence out",
          "[sequencer-service][logged]") {
    bench s;
    s.held(0, 0, 9, 1);
    s.held(1, 0, 9, 1);
    s.join(0, 5);
    s.leave(0, 5);
    s.become_durable();
    REQUIRE(s.records(0) == bench::places{{0, 1}});
    s.held(0, 1, 9, 1);
    s.held(1, 1, 9, 1);
    s.held(0, 1, 9, 2);  // a new life
    s.become_durable();
    CHECK(s.records(0) == bench::places{{1, 1}});
}

TEST_CASE("progress tells what is durable", "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.become_durable();
    s.join(0, 5);
    s.work(0, 5);
    s.tick(5);
    CHECK_FALSE(s.says(message::PROGRESS));
    s.become_durable();
    CHECK(s.count() == 1);
}

TEST_CASE("a shard that is behind the checkpoint gets what it lacks from the log",
          "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.join(0, 5);
    for (int i = 0; i < 3; ++i) s.work(0, 5);
    s.restart(10, bench::checkpoint_of(2));
    s.read_log();
    s.held(1, 3, 10);
    s.held(0, 1, 10);
    CHECK_FALSE(s.lost());
    CHECK(s.records(0) == bench::places{{1, 2}});
    s.tick(5);
    CHECK(s.count() == 3);  // none was counted twice
}

TEST_CASE("a log that ends before the checkpoint does ends the era",
          "[sequencer-service][logged]") {
    bench s;
    s.all_hold(0);
    s.join(0, 5);
    s.work(0, 5);
    s.restart(10, bench::checkpoint_of(5));
    s.read_log();
    CHECK(s.lost());
}

TEST_CASE("a checkpoint that was placed behind the last cut leaves the run finished",
          "[sequencer-service][logged]") {
    auto rules = bench::settings(10).rules;
    rules.items_total = 1;
    sequencer s(rules, {});
    s.replay(skip_record{0, "poison"});
    CHECK_FALSE(s.finished());
    s.replay(cut_record{0, 0, {true, true, true}});
    CHECK(s.finished());
    s.replay(cut_record{1, 0, {true, false, false}});
    CHECK(s.finished());
}
