// One coordinator by hand: two shards, two workers, a store and an observer that only note. What
// the coordinator sends is in `out` after each step.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/coordinator.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

class coordinator_bench {
public:
    static constexpr std::uint64_t run = 7;
    static constexpr std::uint64_t newest = ~0ull;  ///< for an era: the one begun last

    explicit coordinator_bench(coordinator_settings settings = with_defaults({}))
        : map(std::make_shared<shard_map>(model_layout{{{"w", {4}, {}}}, {}}, 2)),
          core(settings, map, store, seen) {}

    static coordinator_settings with_defaults(coordinator_settings s) {
        s.run = run;
        s.workers = 2;
        s.items_total = 100;
        s.resend_ms = 1'000;
        s.cut_soon_ms = s.cut_ms = 5'000;
        return s;
    }

    struct noting_store : checkpoint_store {
        result<era_start> begin_era() override {
            if (!journal_fails.empty()) return fail(failure_code::io, journal_fails);
            if (!newest_fails.empty()) return fail(failure_code::checksum, newest_fails);
            return era_start{++era, state};
        }
        result<std::optional<model_state>> newest_of(std::uint64_t) override {
            if (!newest_fails.empty()) return fail(failure_code::checksum, newest_fails);
            return state;
        }
        result<std::uint64_t> last_era() override { return era; }
        result<void> note_copies(std::uint64_t, const std::string& lists) override {
            if (!journal_fails.empty()) return fail(failure_code::io, journal_fails);
            noted.push_back(lists);
            return {};
        }
        result<std::string> copies_of(std::uint64_t) override {
            return noted.empty() ? std::string() : noted.back();
        }
        result<std::string> publish(const model_state&) override { return "nowhere"; }

        std::vector<std::string> noted;
        std::optional<model_state> state;
        std::string newest_fails;
        std::string journal_fails;
        std::uint64_t era = 0;
    };
    struct noting_observer : run_observer {
        void era_begun(std::uint64_t era, const ledger_state&, const std::string& why) override {
            notes.push_back(fmt::format("era {}: {}", era, why));
        }
        void era_goes_on(std::uint64_t era, const ledger_state& at) override {
            gone_on.emplace_back(era, at);
        }
        void progressed(const sequencer_stats& s, double) override {
            notes.push_back(fmt::format("at {}", s.count));
        }
        void evaluated(const evaluation_report& r) override {
            notes.push_back(fmt::format("evaluated {}", r.epoch));
        }
        void published(const cut_record&, const std::string& path, const ledger_state&) override {
            notes.push_back(fmt::format("published {}", path));
        }
        void warned(const std::string& sentence) override {
            notes.push_back(fmt::format("warned: {}", sentence));
        }
        void failed(const std::string& sentence) override {
            notes.push_back(fmt::format("failed: {}", sentence));
        }
        void happened(const std::string& sentence) override { notes.push_back(sentence); }
        void held(std::uint64_t count) override {
            notes.push_back(fmt::format("held at {}", count));
        }
        void not_held(const std::string& why) override { notes.push_back("not held: " + why); }
        void finished() override { notes.emplace_back("finished"); }
        std::vector<std::string> notes;
        std::vector<std::pair<std::uint64_t, ledger_state>> gone_on;  ///< eras taken over
    };

    static address shard(std::uint32_t index) { return {role::SHARD, index}; }
    static address worker(std::uint32_t index) { return {role::WORKER, index}; }
    static constexpr address sequencer{role::SEQUENCER, 0};

    /// A message of the store's newest era, or of `of_era`, filled by `fill(root)`.
    template <class Fill>
    void give(address from, Fill fill, std::uint64_t of_era = newest, std::uint64_t of_run = run) {
        frame_builder b(from, {role::COORDINATOR, 0}, of_run,
                        of_era == newest ? store.era : of_era);
        fill(b.root());
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
    void ready(address from, std::uint64_t life) {
        give(from, [&](auto m) { m.initReady().setIncarnation(life); }, 0);
    }
    void restored(std::uint32_t from, std::uint64_t life, std::uint64_t era = newest) {
        give(shard(from), [&](auto m) { m.initRestored().setIncarnation(life); }, era);
    }
    void started(std::uint64_t life, std::uint64_t era = newest) {
        give(sequencer, [&](auto m) { m.initStarted().setIncarnation(life); }, era);
    }
    void holds(address from, std::uint64_t life, std::uint64_t era = newest) {
        give(from, [&](auto m) { m.initHolds().setIncarnation(life); }, era);
    }
    void progressed(bool finished, std::uint64_t era = newest, std::uint64_t count = 0) {
        give(
            sequencer,
            [&](auto m) {
                auto p = m.initProgress();
                p.setFinished(finished);
                p.setCount(count);
            },
            era);
    }
    /// As a user's wish for a checkpoint, whatever the era.
    void asked_for_a_checkpoint() {
        give({role::COORDINATOR, 0}, [](auto m) { m.initControl().setCheckpoint(); }, 0);
    }
    void published(bool final, std::uint64_t era = newest, std::uint64_t count = 0) {
        give(
            {role::CHECKPOINTER, 0},
            [&](auto m) {
                auto cut = m.initPublished().initCut();
                cut.setFinal(final);
                cut.setCount(count);
            },
            era);
    }
    using metrics = std::vector<std::pair<const char*, double>>;
    void evaluated(bool final, std::uint64_t epoch = 0, const metrics& of = {},
                   std::uint64_t era = newest) {
        give(
            {role::EVALUATOR, 0},
            [&](auto m) {
                auto e = m.initEvaluated();
                e.initCut().setFinal(final);
                e.setEpoch(epoch);
                auto list = e.initMetrics(static_cast<unsigned>(of.size()));
                for (unsigned i = 0; i < list.size(); ++i) {
                    list[i].setName(of[i].first);
                    list[i].setValue(of[i].second);
                }
            },
            era);
    }
    void cut_failed(cut_purpose purpose, role by = role::CHECKPOINTER) {
        give({by, 0}, [&](auto m) {
            auto c = m.initCutFailed();
            write(c.initCut(), cut_record{1, 10, purpose});
            c.setSentence("the disk is full");
        });
    }
    /// The control that a tick at that time sends.
    std::optional<wire::Control::Which> control_at(std::int64_t at_ms) {
        tick(at_ms);
        return control();
    }
    /// Shards in life 11 and 12, the sequencer in 13.
    void serve() {
        tick(now_ms);
        restored(0, 11);
        restored(1, 12);
        started(13);
    }

    /// As `serve` left it, and a coordinator that was away since.
    void take_over() {
        tick(now_ms);
        holds(shard(0), 11);
        holds(shard(1), 12);
        holds(sequencer, 13);
    }

    /// To whom a kind of message goes, in order.
    std::vector<address> sent(wire::Message::Which kind) const {
        std::vector<address> all;
        for (const auto& o : out)
            if (frame_reader(o.frame).root().which() == kind) all.push_back(o.to);
        return all;
    }
    /// The life of the sequencer that is told to start.
    std::optional<std::uint64_t> started_life() const {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().isStart() && o.to == sequencer)
                return reader.root().getStart().getIncarnation();
        }
        return std::nullopt;
    }
    std::optional<wire::Control::Which> control() const {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().isControl() && o.to == sequencer)
                return reader.root().getControl().which();
        }
        return std::nullopt;
    }
    std::size_t noted(const std::string& note) const {
        std::size_t n = 0;
        for (const auto& one : seen.notes) n += one == note ? 1 : 0;
        return n;
    }

    std::shared_ptr<const shard_map> map;
    noting_store store;
    noting_observer seen;
    std::int64_t now_ms = 10;
    outbox out;
    coordinator core;
};

}  // namespace slackline
