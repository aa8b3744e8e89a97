// How many items a run has when it goes on under a job of another length, or after an early stop.
#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;

namespace {

/// A coordinator whose job has that many items.
struct bench : coordinator_bench {
    explicit bench(std::uint64_t items) : coordinator_bench(settings(items)) { store.era = 4; }

    static coordinator_settings settings(std::uint64_t items) {
        auto s = with_defaults({});
        s.items_total = items;
        return s;
    }

    /// The newest checkpoint: `closed` items of `items`, written in that era.
    void save(std::uint64_t era, std::uint64_t closed, std::uint64_t items) {
        model_state s;
        s.at = {era, closed};
        s.ledger.watermark = s.ledger.applied = s.ledger.count = closed;
        s.ledger.items_total = items;
        s.tensors = {{0, 0, 0, 0}};
        store.state = s;
    }

    /// With how many items the era begins: what the shards are told, and the sequencer.
    std::uint64_t begin() {
        tick(now_ms);
        const auto shards = ledger_in(0);
        ready(sequencer, 13);
        restored(0, 11);
        restored(1, 12);
        REQUIRE(ledger_in(0) == shards);
        started(13);
        return shards;
    }

    std::uint64_t ledger_in(std::size_t place) const {
        REQUIRE(out.size() > place);
        frame_reader reader(out[place].frame);
        const auto m = reader.root();
        return m.isRestore() ? m.getRestore().getLedger().getItemsTotal()
                             : m.getStart().getLedger().getItemsTotal();
    }
};

}  // namespace

TEST_CASE("a run starts with the items of its job", "[coordinator]") {
    bench s(150);
    CHECK(s.begin() == 150);
    CHECK(s.noted("era 5: the run starts") == 1);
}

TEST_CASE("a run that is resumed under a longer job goes on to its end, in every era",
          "[coordinator]") {
    bench s(150);
    s.save(3, 100, 100);
    CHECK(s.begin() == 150);
    CHECK(s.noted("era 5: the run goes on") == 1);
    s.ready(bench::shard(0), 99);
    CHECK(s.ledger_in(0) == 150);
    CHECK(s.store.era == 6);
}

TEST_CASE("a run may be resumed under a job that ends where it is", "[coordinator]") {
    bench s(60);
    s.save(3, 60, 100);
    CHECK(s.begin() == 60);
}

TEST_CASE("a job that ends before what the run has reached is refused, with both numbers",
          "[coordinator]") {
    bench s(60);
    s.save(3, 55, 100);
    s.store.state->ledger.applied_above = {57, 60};
    s.tick(10);
    CHECK(s.out.empty());
    CHECK(s.seen.notes ==
          std::vector<std::string>{"failed: the run has come 61 items far and the job has 60; set "
                                   "run.epochs to what it was or more"});
}

TEST_CASE("an era that goes back to a checkpoint after the early stop stays stopped",
          "[coordinator]") {
    bench s(100);
    CHECK(s.begin() == 100);
    s.save(5, 40, 40);  // stopped early in this process, at 40
    s.ready(bench::shard(0), 99);
    CHECK(s.ledger_in(0) == 40);
}
