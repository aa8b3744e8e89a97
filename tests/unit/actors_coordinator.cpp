// When the coordinator asks for checkpoints, asks again, and gives up.
#include "actors/coordinator.hpp"
#include "actors/wire_order.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t run = 7;

class empty_store : public checkpoint_store {
public:
    result<std::optional<model_state>> newest() override { return std::optional<model_state>(); }
    result<std::uint64_t> begin_era() override { return ++era; }
    result<std::string> publish(const model_state&) override { return std::string("nowhere"); }

    std::uint64_t era = 0;
};

struct heard : run_observer {
    void era_begun(std::uint64_t, const ledger_state&, const std::string&) override {}
    void progressed(const sequencer_stats&, double) override {}
    void evaluated(const evaluation_report&) override {}
    void published(const cut_record&, const std::string&, const ledger_state&) override {}
    void warned(const std::string& sentence) override { warnings.push_back(sentence); }
    void failed(const std::string& sentence) override { failure = sentence; }
    void finished() override {}

    std::vector<std::string> warnings;
    std::string failure;
};

/// A coordinator of one shard and one worker. It resends after 1 s, waits 60 s for a cut, and
/// gives a last checkpoint up that fails for 5 s.
struct bench {
    bench()
        : map(std::make_shared<shard_map>(model_layout{{{"w", {4}, {init_kind::zero, 0}}}, {}}, 1)),
          core(settings(), map, store, seen) {}

    static coordinator_settings settings() {
        coordinator_settings s;
        s.run = run;
        s.items_total = 10;
        s.give_up_ms = 5'000;
        return s;
    }

    frame_builder message(role from) const {
        return {{from, 0}, {role::COORDINATOR, 0}, run, store.era};
    }
    void give(frame_builder& b) {
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), now_ms, out);
    }
    void tick_at(std::int64_t ms) {
        now_ms = ms;
        core.tick(ms, out);
    }

    void restored() {
        auto b = message(role::SHARD);
        b.root().initRestored().setIncarnation(1);
        give(b);
    }
    void started() {
        auto b = message(role::SEQUENCER);
        b.root().initStarted().setIncarnation(2);
        give(b);
    }
    void asked_for_a_checkpoint() {
        auto b = message(role::COORDINATOR);
        b.root().initControl().setCheckpoint();
        give(b);
    }
    void cut_failed(cut_purpose purpose) {
        auto b = message(role::CHECKPOINTER);
        auto failed = b.root().initCutFailed();
        write(failed.initCut(), cut_record{1, 10, purpose});
        failed.setSentence("the disk is full");
        give(b);
    }
    void published() {
        auto b = message(role::CHECKPOINTER);
        b.root().initPublished();
        give(b);
    }
    void sequencer_lost() {
        auto b = message(role::SEQUENCER);
        b.root().initReady().setIncarnation(3);
        give(b);
    }
    void begin() {
        tick_at(now_ms);
        restored();
        started();
        out.clear();
    }

    /// Controls sent to the sequencer since the last look.
    std::size_t sent(wire::Control::Which what) {
        std::size_t n = 0;
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            const auto m = reader.root();
            n += o.to.role == role::SEQUENCER && m.isControl() && m.getControl().which() == what;
        }
        out.clear();
        return n;
    }

    empty_store store;
    heard seen;
    std::shared_ptr<const shard_map> map;
    coordinator core;
    std::int64_t now_ms = 0;
    outbox out;
};

constexpr auto checkpoint = wire::Control::CHECKPOINT;
constexpr auto final_cut = wire::Control::FINAL_CUT;

}  // namespace

TEST_CASE("a checkpoint that is asked for before an era serves is asked of it later",
          "[actors][coordinator]") {
    bench b;
    SECTION("before the first era") {
        b.asked_for_a_checkpoint();
    }
    b.tick_at(0);
    SECTION("while the shards are restored") {
        b.asked_for_a_checkpoint();
    }
    b.restored();
    SECTION("while the sequencer starts") {
        b.asked_for_a_checkpoint();
    }
    CHECK(b.sent(checkpoint) == 0);
    b.started();
    b.tick_at(200);
    CHECK(b.sent(checkpoint) == 1);
    b.tick_at(400);
    CHECK(b.sent(checkpoint) == 0);
}

TEST_CASE("a checkpoint that is asked for is asked again after its loss, and not after it is there",
          "[actors][coordinator]") {
    bench b;
    b.begin();
    b.asked_for_a_checkpoint();
    CHECK(b.sent(checkpoint) == 1);
    SECTION("it failed: again, but not at once") {
        b.cut_failed({true, false, false});
        CHECK(b.seen.warnings == std::vector<std::string>{"the disk is full"});
        b.tick_at(999);
        CHECK(b.sent(checkpoint) == 0);
        b.tick_at(1'000);
        CHECK(b.sent(checkpoint) == 1);
    }
    SECTION("the era was lost: of the next one") {
        b.sequencer_lost();
        b.begin();
        b.tick_at(200);
        CHECK(b.sent(checkpoint) == 1);
    }
    SECTION("nothing came of it") {
        b.tick_at(59'999);
        CHECK(b.sent(checkpoint) == 0);
        b.tick_at(60'000);
        CHECK(b.sent(checkpoint) == 1);
    }
    SECTION("it is there") {
        b.published();
        b.tick_at(60'000);
        CHECK(b.sent(checkpoint) == 0);
    }
}

TEST_CASE(
    "a last checkpoint that fails is tried again for a while, then the run ends with the cause",
    "[actors][coordinator]") {
    bench b;
    b.begin();
    for (std::int64_t ms = 0; ms < 5'000; ms += 1'000) {
        INFO("after " << ms << " ms");
        b.tick_at(ms);
        CHECK(b.sent(final_cut) == (ms == 0 ? 0 : 1));
        b.cut_failed({true, true, true});
        CHECK(b.sent(final_cut) == 0);
        CHECK(b.seen.failure == "");
    }
    b.tick_at(5'000);
    CHECK(b.sent(final_cut) == 1);
    b.cut_failed({true, true, true});
    CHECK(b.seen.failure ==
          "the last checkpoint could not be written: the disk is full; remove the cause, then go "
          "on with --resume");
    b.tick_at(70'000);
    CHECK(b.sent(final_cut) == 0);
}
