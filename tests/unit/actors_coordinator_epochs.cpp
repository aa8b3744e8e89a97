// How many items a run has when it goes on under a job of another length, or after an early stop.
#include "actors/coordinator.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct store_stand_in : checkpoint_store {
    std::optional<model_state> saved;
    std::uint64_t era = 4;

    result<std::optional<model_state>> newest() override { return saved; }
    result<std::uint64_t> begin_era() override { return ++era; }
    result<std::string> publish(const model_state&) override { return std::string(); }
};

struct listener : run_observer {
    std::vector<ledger_state> begun;
    std::vector<std::string> reasons;
    std::vector<std::string> failures;

    void era_begun(std::uint64_t, const ledger_state& from, const std::string& why) override {
        begun.push_back(from);
        reasons.push_back(why);
    }
    void progressed(const sequencer_stats&, double) override {}
    void evaluated(const evaluation_report&) override {}
    void published(const cut_record&, const std::string&, const ledger_state&) override {}
    void warned(const std::string&) override {}
    void failed(const std::string& sentence) override { failures.push_back(sentence); }
    void finished() override {}
};

/// A coordinator of one shard whose job has that many items.
struct bench {
    explicit bench(std::uint64_t items)
        : core({.run = 7, .items_total = items}, map, store, seen) {}

    /// The checkpoint: `closed` items of `items`, written in that era.
    void save(std::uint64_t era, std::uint64_t closed, std::uint64_t items) {
        model_state s;
        s.at = {era, closed};
        s.ledger.watermark = s.ledger.applied = s.ledger.count = closed;
        s.ledger.items_total = items;
        s.tensors = {{0}};
        store.saved = s;
    }
    void start() { core.tick(0, out); }

    /// The shard serves, dies and comes back: the coordinator begins an era.
    void lose_shard() {
        for (const std::uint64_t life : {1, 2}) {
            frame_builder b({{role::SHARD, 0}, {role::COORDINATOR, 0}, 7, store.era});
            if (life == 1)
                b.root().initRestored().setIncarnation(life);
            else
                b.root().initReady().setIncarnation(life);
            const frame f = b.finish();
            frame_reader reader(f);
            core.handle(f, reader.root(), 0, out);
        }
    }

    std::shared_ptr<const shard_map> map =
        std::make_shared<shard_map>(model_layout{{{"w", {1}, {init_kind::zero, 0}}}, {}}, 1);
    store_stand_in store;
    listener seen;
    coordinator core;
    outbox out;
};

}  // namespace

TEST_CASE("a run starts with the items of its job") {
    bench b(100);
    b.start();
    REQUIRE(b.seen.begun.size() == 1);
    CHECK(b.seen.begun[0].items_total == 100);
    CHECK(b.seen.reasons[0] == "the run starts");
}

TEST_CASE("a run that is resumed under a longer job goes on to its end, in every era") {
    bench b(150);
    b.save(3, 100, 100);
    b.start();
    b.lose_shard();
    REQUIRE(b.seen.begun.size() == 2);
    for (const auto& from : b.seen.begun) {
        CHECK(from.watermark == 100);
        CHECK(from.items_total == 150);
    }
    CHECK(b.seen.reasons[0] == "the run goes on");
}

TEST_CASE("a run may be resumed under a job that ends where it is") {
    bench b(60);
    b.save(3, 60, 100);
    b.start();
    REQUIRE(b.seen.begun.size() == 1);
    CHECK(b.seen.begun[0].items_total == 60);
}

TEST_CASE("a job that ends before what the run has reached is refused, with both numbers") {
    bench b(60);
    b.save(3, 55, 100);
    b.store.saved->ledger.applied_above = {57, 60};
    b.start();
    CHECK(b.seen.begun.empty());
    CHECK(b.out.empty());
    REQUIRE(b.seen.failures.size() == 1);
    CHECK(b.seen.failures[0].find("61 items") != std::string::npos);
    CHECK(b.seen.failures[0].find("the job has 60") != std::string::npos);
}

TEST_CASE("an era that goes back to a checkpoint after the early stop stays stopped") {
    bench b(100);
    b.start();
    b.save(5, 40, 40);  // stopped early in this process, at 40
    b.lose_shard();
    REQUIRE(b.seen.begun.size() == 2);
    CHECK(b.seen.begun[1].items_total == 40);
}
