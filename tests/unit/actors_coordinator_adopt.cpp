// A coordinator that comes back, message by message: when it goes on in the era that it left, and
// when it begins another.
#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;
using bench = coordinator_bench;
using wire::Control;
using wire::Message;
using addresses = std::vector<address>;

namespace {

const addresses both_shards{bench::shard(0), bench::shard(1)};
const addresses both_workers{bench::worker(0), bench::worker(1)};
const addresses all_asked{bench::shard(0), bench::shard(1), bench::sequencer};
constexpr std::uint64_t left = 4;

/// Era 4 was journaled last.
struct back : bench {
    explicit back(std::uint64_t first_era = 0) : bench(adopting(first_era)) { store.era = left; }

    static coordinator_settings adopting(std::uint64_t first_era) {
        coordinator_settings s;
        s.adopt = left;
        s.first_era = first_era;
        return with_defaults(s);
    }
    bool began(const std::string& why) const {
        return store.era == left + 1 && noted(fmt::format("era {}: {}", left + 1, why)) == 1;
    }
    std::uint64_t items_restored() const {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().isRestore())
                return reader.root().getRestore().getLedger().getItemsTotal();
        }
        return 0;
    }
};

}  // namespace

TEST_CASE("a coordinator that comes back goes on in the era that all hold", "[coordinator]") {
    back s;
    s.tick(10);
    CHECK(s.sent(Message::INQUIRE) == all_asked);
    s.holds(bench::sequencer, 13);
    s.holds(bench::shard(1), 12);
    CHECK(s.out.empty());
    s.holds(bench::shard(0), 11);
    CHECK(s.sent(Message::START) == both_workers);
    CHECK(s.out.size() == 2);
    for (const auto& o : s.out) CHECK(frame_reader(o.frame).root().getEra() == left);
    CHECK(s.store.era == left);
    CHECK(s.seen.notes.empty());  // how far it is, the sequencer will say
    s.give(bench::sequencer, [](auto m) {
        auto p = m.initProgress();
        p.setCount(30);
        p.setApplied(60);
        p.setSkipped(1);
        p.setItemsTotal(100);
    });
    const auto told =
        "the coordinator is back: era 4 goes on at update 30, with 61 of 100 items closed";
    CHECK(s.noted(told) == 1);
    REQUIRE(s.seen.gone_on.size() == 1);
    CHECK(s.seen.gone_on[0].first == left);
    CHECK(s.seen.gone_on[0].second.count == 30);
    CHECK(s.seen.gone_on[0].second.applied == 60);
    CHECK(s.seen.gone_on[0].second.skipped == 1);
    CHECK(s.seen.gone_on[0].second.items_total == 100);
    s.progressed(false);
    CHECK(s.seen.gone_on.size() == 1);
    CHECK(s.seen.notes.size() == 3);  // told once, and "at ..." twice
    s.ready(bench::worker(1), 14);
    CHECK(s.sent(Message::START) == addresses{bench::worker(1)});
}

TEST_CASE("who does not answer is asked again, the others are not", "[coordinator]") {
    back s;
    s.tick(10);
    s.holds(bench::shard(1), 12);
    s.tick(1'009);
    CHECK(s.out.empty());
    s.tick(1'010);
    CHECK(s.sent(Message::INQUIRE) == addresses{bench::shard(0), bench::sequencer});
    s.holds(bench::shard(0), 11);
    s.tick(2'010);
    CHECK(s.sent(Message::INQUIRE) == addresses{bench::sequencer});
    s.holds(bench::sequencer, 13);
    s.tick(9'000);
    CHECK(s.out.empty());
}

TEST_CASE("who lost its memory while the coordinator was away begins a new era", "[coordinator]") {
    back s;
    s.tick(10);
    s.holds(bench::shard(0), 11);
    std::string why;
    SECTION("a shard that holds nothing") {
        why = "shard 1 was lost while the coordinator was away";
        s.holds(bench::shard(1), 20, 0);
    }
    SECTION("a sequencer that holds nothing") {
        why = "the sequencer was lost while the coordinator was away";
        s.holds(bench::sequencer, 20, 0);
    }
    SECTION("a shard that was not restored yet") {
        why = "the coordinator came back, and shard 1 was not in era 4 yet";
        s.holds(bench::shard(1), 12, left - 1);
    }
    SECTION("a sequencer that was not started yet") {
        why = "the coordinator came back, and the sequencer was not in era 4 yet";
        s.holds(bench::sequencer, 13, left - 1);
    }
    SECTION("a shard that says that it is new") {
        why = "shard 1 was lost while the coordinator was away";
        s.ready(bench::shard(1), 20);
    }
    SECTION("a shard that had answered, in a new life") {
        why = "shard 0 was lost while the coordinator was away";
        s.ready(bench::shard(0), 20);
    }
    SECTION("a shard that had answered, in a new life that was given this era's beginning") {
        why = "shard 0 was lost while the coordinator was away";
        s.holds(bench::shard(0), 20);
    }
    CHECK(s.began(why));
    CHECK(s.sent(Message::RESTORE) == both_shards);
    s.holds(bench::shard(0), 30, left);  // late: nobody asks any more
    s.holds(bench::shard(1), 31, left);
    s.holds(bench::sequencer, 32, left);
    CHECK(s.out.empty());
    s.restored(0, 30);
    s.restored(1, 31);
    CHECK(s.sent(Message::START) == addresses{bench::sequencer});
    s.started(32);
    CHECK(s.sent(Message::START) ==
          addresses{bench::shard(0), bench::shard(1), bench::worker(0), bench::worker(1)});
    s.progressed(false);
    CHECK(s.seen.notes == std::vector<std::string>{"era 5: " + why, "at 0"});
}

TEST_CASE("late words of a life that has answered, or of one before it, change nothing",
          "[coordinator]") {
    back s;
    s.tick(10);
    s.holds(bench::shard(0), 11);
    s.holds(bench::shard(0), 11, left - 1);
    s.holds(bench::shard(0), 10, left - 1);
    s.holds(bench::shard(0), 9, 0);
    s.ready(bench::shard(0), 11);
    CHECK(s.out.empty());
    CHECK(s.store.era == left);
    s.holds(bench::shard(1), 12);
    s.holds(bench::sequencer, 13);
    CHECK(s.sent(Message::START) == both_workers);
    s.holds(bench::shard(1), 40, 0);  // a shard that is new says so itself
    CHECK(s.out.empty());
    CHECK(s.store.era == left);
}

TEST_CASE("who holds no part of the run's state is not asked and not heard", "[coordinator]") {
    back s;
    s.tick(10);
    for (const address from : {bench::shard(4'000'000'000), address{role::SEQUENCER, 1},
                               bench::worker(0), address{role::CHECKPOINTER, 0}}) {
        s.holds(from, 50);
        s.holds(from, 51, 0);
        s.ready(from, 52);
    }
    s.give(bench::shard(0), [](auto m) { m.initHolds().setIncarnation(11); }, 0, bench::run + 1);
    CHECK(s.out.empty());
    CHECK(s.store.era == left);
    CHECK(s.seen.notes.empty());
}

TEST_CASE("an era that the journal does not know ends the run with a sentence", "[coordinator]") {
    back s;
    s.tick(10);
    s.holds(bench::shard(1), 12, left + 3);
    REQUIRE(s.seen.notes.size() == 1);
    CHECK(
        s.seen.notes[0].starts_with("failed: shard 1 holds era 7, and the run's journal ends "
                                    "with era 4"));
    s.tick(5'000);
    CHECK(s.out.empty());
}

TEST_CASE("an era above the journal's ends the run in whatever phase it is heard of",
          "[coordinator]") {
    bench s;
    s.tick(10);
    address who = bench::shard(0);
    SECTION("while the shards are restored") {}
    SECTION("while the sequencer starts") {
        s.restored(0, 11);
        s.restored(1, 12);
        who = bench::sequencer;
    }
    SECTION("while the run is served") {
        s.restored(0, 11);
        s.restored(1, 12);
        s.started(13);
        s.holds(bench::shard(1), 12, s.store.era);  // what it has to hold
    }
    REQUIRE(s.seen.notes.size() == 1);
    s.holds(who, 30, s.store.era + 6);
    REQUIRE(s.seen.notes.size() == 2);
    CHECK(s.seen.notes[1].starts_with("failed: "));
    CHECK(s.seen.notes[1].find("holds era 7, and the run's journal ends with era 1") !=
          std::string::npos);
    s.tick(5'000);
    CHECK(s.out.empty());
}

TEST_CASE("an era that was taken over ends as others do", "[coordinator]") {
    back s;
    s.take_over();
    SECTION("a shard is lost") {
        s.ready(bench::shard(1), 20);
        CHECK(s.began("shard 1 was lost and came back"));
    }
    SECTION("the sequencer is lost") {
        s.ready(bench::sequencer, 20);
        CHECK(s.began("the sequencer was lost and came back"));
    }
    SECTION("lives that were taken over are known") {
        s.ready(bench::shard(0), 11);
        s.ready(bench::shard(1), 12);
        s.ready(bench::sequencer, 13);
        CHECK(s.store.era == left);
    }
}

TEST_CASE(
    "a run that was over when the coordinator came back ends after its last cut is placed "
    "again",
    "[coordinator]") {
    back s;
    s.take_over();
    s.progressed(true);
    CHECK(s.control_at(1'009) == std::nullopt);  // it may be on its way
    CHECK(s.control_at(1'010) == Control::FINAL_CUT);
    s.published(true);
    CHECK(s.noted("finished") == 0);
    s.evaluated(true);
    CHECK(s.noted("finished") == 1);
}

TEST_CASE("what is told of the end while the coordinator asks around counts", "[coordinator]") {
    back s;
    s.tick(10);
    s.published(true);
    s.progressed(true);
    s.take_over();
    s.progressed(true);
    CHECK(s.noted("finished") == 0);
    s.evaluated(true);
    CHECK(s.noted("finished") == 1);
}

TEST_CASE("checkpoints are timed anew after an era was taken over", "[coordinator]") {
    auto settings = back::adopting(0);
    settings.checkpoint_every_ms = 300;
    bench s(settings);
    s.store.era = left;
    s.now_ms = 1'000;
    s.take_over();
    CHECK(s.control_at(1'299) == std::nullopt);
    CHECK(s.control_at(1'300) == Control::CHECKPOINT);
    s.asked_for_a_checkpoint();
    CHECK(s.control() == Control::CHECKPOINT);
}

TEST_CASE("a checkpoint of this submission keeps the length that an early stop gave it",
          "[coordinator]") {
    const auto [first, written, items] =
        GENERATE(std::tuple(3, 3, 60), std::tuple(3, 2, 100), std::tuple(0, 4, 60),
                 std::tuple(0, 3, 100), std::tuple(5, 4, 100));
    back s(static_cast<std::uint64_t>(first));
    s.store.state.emplace();
    s.store.state->tensors = {{1, 2, 3, 4}};
    s.store.state->at.era = static_cast<std::uint64_t>(written);
    s.store.state->ledger.items_total = 60;
    s.tick(10);
    s.holds(bench::shard(0), 20, 0);
    CHECK(s.items_restored() == static_cast<std::uint64_t>(items));
}

TEST_CASE("the first era of a submission may be named before it begins", "[coordinator]") {
    auto settings = bench::with_defaults({});
    settings.first_era = 3;
    bench s(settings);
    s.store.era = 7;
    s.store.state.emplace();
    s.store.state->tensors = {{1, 2, 3, 4}};
    s.store.state->at.era = 3;
    s.store.state->ledger.items_total = 60;
    s.tick(10);
    REQUIRE(s.sent(Message::RESTORE) == both_shards);
    frame_reader reader(s.out[0].frame);
    CHECK(reader.root().getRestore().getLedger().getItemsTotal() == 60);
}
