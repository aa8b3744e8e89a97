// The coordinator's core, message by message: how an era begins, and what begins another.
#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;
using bench = coordinator_bench;
using wire::Message;
using addresses = std::vector<address>;

namespace {
const addresses both_shards{bench::shard(0), bench::shard(1)};
const addresses shards_and_workers{bench::shard(0), bench::shard(1), bench::worker(0),
                                   bench::worker(1)};
}  // namespace

TEST_CASE("an era is journaled, its shards restored, its sequencer started, then its workers",
          "[coordinator]") {
    bench s;
    s.give(bench::sequencer, [](auto m) { m.initControl().setCheckpoint(); });
    s.ready(bench::shard(0), 11);
    CHECK(s.out.empty());  // the run has not begun
    s.tick(10);
    CHECK(s.store.era == 1);
    CHECK(s.seen.notes == std::vector<std::string>{"era 1: the run starts"});
    CHECK(s.sent(Message::RESTORE) == both_shards);
    for (const auto& o : s.out) {
        frame_reader reader(o.frame);
        CHECK(reader.root().getEra() == 1);
        CHECK(reader.root().getRestore().getInitial());
        CHECK(reader.root().getRestore().getLedger().getItemsTotal() == 100);
    }
    s.ready(bench::sequencer, 13);
    CHECK(s.out.empty());
    s.restored(0, 11);
    CHECK(s.out.empty());
    s.restored(1, 12);
    CHECK(s.sent(Message::START) == addresses{bench::sequencer});
    CHECK(s.started_life() == 13u);
    s.started(13);
    CHECK(s.sent(Message::START) == shards_and_workers);
}

TEST_CASE("a sequencer of which nothing was heard is asked for its life before it is started",
          "[coordinator]") {
    bench s;
    s.tick(10);
    s.restored(0, 11);
    s.restored(1, 12);
    CHECK(s.sent(Message::INQUIRE) == addresses{bench::sequencer});
    CHECK(s.sent(Message::START).empty());
    s.tick(1'010);
    CHECK(s.sent(Message::INQUIRE) == addresses{bench::sequencer});
    SECTION("it answers") {
        s.holds(bench::sequencer, 13, 0);
    }
    SECTION("it says itself that it is there") {
        s.ready(bench::sequencer, 13);
    }
    CHECK(s.sent(Message::START) == addresses{bench::sequencer});
    CHECK(s.started_life() == 13u);
    CHECK(s.store.era == 1);
}

TEST_CASE("a sequencer that dies while it is started takes the era with it", "[coordinator]") {
    bench s;
    s.tick(10);
    s.ready(bench::sequencer, 13);
    s.restored(0, 11);
    s.restored(1, 12);
    SECTION("it says that it is there in a new life") {
        s.ready(bench::sequencer, 20);  // life 13 may have placed records, and its word was lost
    }
    SECTION("it is asked, for it does not answer") {
        s.tick(1'010);
        CHECK(s.sent(Message::START) == addresses{bench::sequencer});
        CHECK(s.sent(Message::INQUIRE) == addresses{bench::sequencer});
        s.holds(bench::sequencer, 20, 0);
    }
    CHECK(s.noted("era 2: the sequencer was lost and came back") == 1);
    s.ready(bench::sequencer, 13);  // late
    s.restored(0, 11);
    s.restored(1, 12);
    CHECK(s.sent(Message::START) == addresses{bench::sequencer});
    CHECK(s.started_life() == 20u);
    s.ready(bench::sequencer, 13);
    CHECK(s.out.empty());
    s.started(20);
    CHECK(s.sent(Message::START) == shards_and_workers);
    CHECK(s.store.era == 2);
}

TEST_CASE("an era begins with the newest checkpoint where there is one", "[coordinator]") {
    bench s;
    s.store.state.emplace();
    s.store.state->tensors = {{1, 2, 3, 4}};
    s.store.state->ledger.count = 40;
    s.store.state->ledger.items_total = 90;
    s.tick(10);
    REQUIRE(s.sent(Message::RESTORE) == both_shards);
    for (const auto& o : s.out) {
        frame_reader reader(o.frame);
        CHECK_FALSE(reader.root().getRestore().getInitial());
        CHECK(reader.root().getRestore().getCount() == 40);
        CHECK(reader.root().getRestore().getLedger().getItemsTotal() == 100);
    }
}

TEST_CASE("what is not answered is sent again, to those who have not answered", "[coordinator]") {
    bench s;
    s.tick(10);
    s.ready(bench::sequencer, 13);
    s.restored(1, 12);
    s.tick(1'009);
    CHECK(s.out.empty());
    s.tick(1'010);
    CHECK(s.sent(Message::RESTORE) == addresses{bench::shard(0)});
    s.tick(1'011);
    CHECK(s.out.empty());
    s.restored(0, 11);
    s.tick(2'010);
    CHECK(s.out.empty());
    s.tick(2'011);
    CHECK(s.sent(Message::START) == addresses{bench::sequencer});
    s.tick(2'012);
    CHECK(s.out.empty());
    s.started(13);
    s.tick(9'000);
    CHECK(s.out.empty());
}

TEST_CASE("who says that it is there gets what it waits for at once", "[coordinator]") {
    bench s;
    s.tick(10);
    s.ready(bench::shard(1), 12);
    CHECK(s.sent(Message::RESTORE) == addresses{bench::shard(1)});
    s.ready(bench::sequencer, 13);
    CHECK(s.out.empty());  // its turn comes when the shards are restored
    s.ready(bench::worker(1), 14);
    CHECK(s.out.empty());
    s.restored(0, 11);
    s.restored(1, 12);
    s.ready(bench::sequencer, 13);
    CHECK(s.sent(Message::START) == addresses{bench::sequencer});
    s.ready(bench::worker(1), 14);
    CHECK(s.out.empty());
    s.started(13);
    s.ready(bench::worker(1), 14);
    CHECK(s.sent(Message::START) == addresses{bench::worker(1)});
    CHECK(s.store.era == 1);
}

TEST_CASE("a shard or a sequencer in a new life begins a new era", "[coordinator]") {
    bench s;
    s.serve();
    SECTION("a shard") {
        s.ready(bench::shard(1), 20);
        CHECK(s.noted("era 2: shard 1 was lost and came back") == 1);
    }
    SECTION("the sequencer") {
        s.ready(bench::sequencer, 20);
        CHECK(s.noted("era 2: the sequencer was lost and came back") == 1);
    }
    SECTION("a shard while the sequencer is started") {
        s.ready(bench::sequencer, 20);
        s.restored(0, 11);
        s.restored(1, 12);
        s.ready(bench::shard(0), 21);
        CHECK(s.store.era == 3);
    }
    CHECK(s.sent(Message::RESTORE) == both_shards);  // all of them, also those that did not fall
    s.restored(0, 21);
    CHECK(s.out.empty());
    s.restored(1, 20);
    CHECK(s.sent(Message::START) == addresses{bench::sequencer});
    s.started(22);
    CHECK(s.sent(Message::START) == shards_and_workers);
}

TEST_CASE("a life that is known, or was before, begins no era", "[coordinator]") {
    bench s;
    s.serve();
    s.ready(bench::shard(0), 11);
    s.ready(bench::sequencer, 13);
    s.ready(bench::shard(1), 5);  // late words of former lives
    s.ready(bench::sequencer, 6);
    CHECK(s.out.empty());
    CHECK(s.store.era == 1);
}

TEST_CASE("who has no part in the run's state begins no era", "[coordinator]") {
    bench s;
    s.serve();
    for (const address from : {bench::shard(4'000'000'000), address{role::SEQUENCER, 1},
                               address{role::CHECKPOINTER, 0}, address{role::EVALUATOR, 0}}) {
        s.ready(from, 99);
        CHECK(s.out.empty());
    }
    CHECK(s.store.era == 1);
}

TEST_CASE("messages of another era or run change nothing", "[coordinator]") {
    bench s;
    s.tick(10);
    for (const std::uint64_t era : {0, 2}) {
        s.restored(0, 11, era);
        s.restored(1, 12, era);
        CHECK(s.out.empty());
    }
    s.serve();
    s.progressed(true, 2);
    s.published(true, 2);
    s.evaluated(true, 1, {}, 2);
    s.give(
        bench::sequencer, [](auto m) { m.initProgress().setFinished(true); }, bench::newest,
        bench::run + 1);
    s.give(
        bench::shard(0), [](auto m) { m.initReady().setIncarnation(99); }, bench::newest,
        bench::run + 1);
    CHECK(s.out.empty());
    CHECK(s.seen.notes == std::vector<std::string>{"era 1: the run starts"});
}

TEST_CASE("answers that come twice or too early do nothing", "[coordinator]") {
    bench s;
    s.tick(10);
    s.started(13);
    CHECK(s.out.empty());
    s.restored(4'000'000'000, 11);  // there is no such shard
    s.restored(0, 11);
    s.restored(0, 11);
    CHECK(s.out.empty());
    s.restored(1, 12);
    s.restored(1, 12);
    CHECK(s.out.empty());
    s.started(13);
    s.started(13);
    CHECK(s.out.empty());
    s.restored(0, 10);  // late: of a former life
    CHECK(s.out.empty());
    CHECK(s.store.era == 1);
}

TEST_CASE("what was done for the end is to be done again in a new era", "[coordinator]") {
    bench s;
    s.serve();
    s.progressed(true);
    s.published(true);
    s.ready(bench::shard(1), 20);
    s.restored(0, 11);
    s.restored(1, 20);
    s.started(13);
    s.evaluated(true);
    s.tick(s.now_ms + 5'000);
    CHECK(s.control() == std::nullopt);  // the order goes on in this era
    s.progressed(true);
    CHECK(s.noted("finished") == 0);
    s.published(true);
    CHECK(s.noted("finished") == 1);
}

TEST_CASE("without a journal or a checkpoint that loads a run ends with the reason",
          "[coordinator]") {
    bench s;
    std::string reason;
    SECTION("the journal, at the start") {
        reason = s.store.journal_fails = "the disk is full";
        s.tick(10);
    }
    SECTION("the checkpoints, at the start") {
        reason = s.store.newest_fails = "both checkpoints are damaged";
        s.tick(10);
    }
    SECTION("the journal, after a loss") {
        s.serve();
        reason = s.store.journal_fails = "the disk was removed";
        s.ready(bench::shard(0), 20);
    }
    CHECK(s.out.empty());
    CHECK(s.noted(fmt::format("failed: {}", reason)) == 1);
    const auto notes = s.seen.notes.size();
    s.store.journal_fails.clear();
    s.store.newest_fails.clear();
    s.ready(bench::shard(1), 30);
    s.progressed(true);
    s.give(bench::sequencer, [](auto m) { m.initControl().setCheckpoint(); });
    CHECK(s.out.empty());
    s.tick(100'000);
    CHECK(s.out.empty());
    CHECK(s.seen.notes.size() == notes);
}

TEST_CASE("a restore is sent again as the same frame, and a new one in a new era",
          "[coordinator]") {
    coordinator_bench s;
    s.tick(10);
    const auto of_shard_1 = [&]() -> frame {
        for (const auto& o : s.out)
            if (o.to == coordinator_bench::shard(1) && frame_reader(o.frame).root().isRestore())
                return o.frame;
        return {};
    };
    const auto first = of_shard_1();
    REQUIRE(first);
    s.tick(1'010);
    REQUIRE(of_shard_1());
    CHECK(of_shard_1().owner() == first.owner());
    s.ready(coordinator_bench::shard(1), 12);
    REQUIRE(of_shard_1());
    CHECK(of_shard_1().owner() == first.owner());
    s.restored(0, 11);
    s.ready(coordinator_bench::shard(0), 21);  // lost: a new era
    REQUIRE(of_shard_1());
    CHECK(of_shard_1().owner() != first.owner());
    CHECK(frame_reader(of_shard_1()).root().getEra() == s.store.era);
}

TEST_CASE("a shard that asks whether it is the one that was restored is told", "[coordinator]") {
    bench s;
    s.serve();
    s.restored(1, 12);
    REQUIRE(s.sent(Message::START) == addresses{bench::shard(1)});
    frame_reader reader(s.out[0].frame);
    CHECK(reader.root().getStart().getIncarnation() == 12);
    CHECK(reader.root().getEra() == 1);
    CHECK(s.out.size() == 1);
    CHECK(s.store.era == 1);
}

TEST_CASE("a late restore that met another life of a shard begins an era", "[coordinator]") {
    bench s;
    SECTION("the sequencer may have begun its order") {
        s.tick(10);
        s.restored(0, 11);
        s.restored(1, 12);
    }
    SECTION("the era is served") {
        s.serve();
    }
    s.restored(1, 14);
    CHECK(s.store.era == 2);
    CHECK(s.noted("era 2: shard 1 was lost and came back") == 1);
    CHECK(s.sent(Message::RESTORE) == both_shards);
}

TEST_CASE("a life that was restored after another, before the era began, takes its place",
          "[coordinator]") {
    bench s;
    s.tick(10);
    s.restored(0, 11);
    s.restored(0, 14);
    s.restored(0, 11);  // late
    s.restored(1, 12);
    s.ready(bench::sequencer, 13);
    s.started(13);
    REQUIRE(s.sent(Message::START) == shards_and_workers);
    frame_reader reader(s.out[0].frame);
    CHECK(reader.root().getStart().getIncarnation() == 14);
    CHECK(s.store.era == 1);
}
