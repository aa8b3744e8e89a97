// What the checkpointer publishes, and what it gives up: snapshots of another model or run.
#include "actors/checkpointer.hpp"

#include "actors/shard_frames.hpp"
#include "actors/wire_order.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct counting_store : checkpoint_store {
    result<era_start> begin_era() override { return era_start{1, {}}; }
    result<std::optional<model_state>> newest_of(std::uint64_t) override {
        return std::optional<model_state>();
    }
    result<std::uint64_t> last_era() override { return 0; }
    result<void> note_copies(std::uint64_t, const std::string&) override { return {}; }
    result<std::string> copies_of(std::uint64_t) override { return std::string(); }
    result<std::string> publish(const model_state&) override {
        ++published;
        return "here";
    }
    int published = 0;
};

/// One shard of a model with one tensor [4] and one table of width 2, and one slot of state.
struct bench {
    struct spec {
        std::uint64_t run = 7;
        std::uint64_t cut = 1;
        std::size_t floats = 16;
        unsigned slots = 1;
        unsigned tables = 1;
        unsigned row_bytes = 8;
        bool final = false;
    };
    void give(frame_builder& b) {
        out.clear();
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), 1, out);
    }
    void account(std::uint64_t run, std::uint64_t cut, bool final = false) {
        frame_builder b({role::SEQUENCER, 0}, {role::CHECKPOINTER, 0}, run, 1);
        write(b.root().initAccount().initCut(), cut_record{cut, 5, {true, final, final}});
        give(b);
    }
    void snapshot(const spec& s) {
        frame_builder b({role::SHARD, 0}, {role::CHECKPOINTER, 0}, s.run, 1);
        auto snapshot = b.root().initSnapshot();
        write(snapshot.initCut(), cut_record{s.cut, 5, {true, s.final, s.final}});
        const auto slice = std::make_shared<std::vector<float>>(s.floats, 1.0f);
        attach_floats(
            b, [&](unsigned n) { return snapshot.initDense(n); }, slice->data(), s.floats, slice);
        auto slots = snapshot.initState(s.slots);
        for (unsigned k = 0; k < s.slots; ++k)
            attach_floats(
                b, [&](unsigned n) { return slots.init(k, n); }, slice->data(), s.floats, slice);
        auto tables = snapshot.initTables(s.tables);
        for (unsigned t = 0; t < s.tables; ++t) {
            tables[t].initIds(1);
            tables[t].initRows(s.row_bytes);
            tables[t].initState(1).init(0, s.row_bytes);
        }
        give(b);
    }
    bool failed() const {
        return out.size() == 1 && out[0].to == address{role::COORDINATOR, 0} &&
               frame_reader(out[0].frame).root().isCutFailed();
    }

    std::shared_ptr<const shard_map> map =
        std::make_shared<shard_map>(model_layout{{{"w", {4}, {}}}, {{"rows", 2, {}}}}, 1);
    counting_store store;
    checkpointer core{{7, 30'000}, map, 1, store};
    outbox out;
};

}  // namespace

TEST_CASE("a cut of this model is published", "[checkpointer]") {
    bench s;
    s.account(7, 1);
    s.snapshot({});
    REQUIRE(s.out.size() == 1);
    CHECK(frame_reader(s.out[0].frame).root().isPublished());
    CHECK(s.store.published == 1);
}

TEST_CASE("a snapshot of another model is given up with a word, and never published",
          "[checkpointer]") {
    bench s;
    bench::spec other;
    SECTION("a slice of another size") {
        other.floats = GENERATE(0u, 15u, 17u, 32u);
    }
    SECTION("slots of state absent or over") {
        other.slots = GENERATE(0u, 2u);
    }
    SECTION("tables absent or over") {
        other.tables = GENERATE(0u, 2u);
    }
    SECTION("rows of another width") {
        other.row_bytes = GENERATE(0u, 4u, 16u);
    }
    s.account(7, 1);
    s.snapshot(other);
    CHECK(s.failed());
    CHECK(s.store.published == 0);
    s.account(7, 2);
    s.snapshot({.cut = 2});
    CHECK(s.store.published == 1);
}

TEST_CASE("parts of another run make no checkpoint", "[checkpointer]") {
    bench s;
    s.account(8, 1);
    s.snapshot({.run = 8});
    CHECK(s.out.empty());
    CHECK(s.store.published == 0);
}

TEST_CASE("a last cut that is placed again is answered with what was written", "[checkpointer]") {
    bench s;
    for (const std::uint64_t cut : {1, 2, 3}) {
        s.account(7, cut, true);
        s.snapshot({.cut = cut, .final = true});
        REQUIRE(s.out.size() == 1);
        CHECK(frame_reader(s.out[0].frame).root().isPublished());
        CHECK(s.store.published == 1);
    }
    s.account(7, 4);
    s.snapshot({.cut = 4});  // a checkpoint that is asked for is written
    CHECK(s.store.published == 2);
}
