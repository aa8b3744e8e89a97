// A sequencer among peers that are played by hand, message by message.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/sequencer_service.hpp"

namespace slackline {

/// A sequencer of two shards, with asynchronous rules.
struct sequencer_service_bench {
    static constexpr std::uint64_t run = 7;
    static constexpr std::uint64_t era = 3;

    explicit sequencer_service_bench(std::size_t stream_max = 4'096,
                                     std::int64_t lease_min_ms = 1'000'000, log_edge* log = nullptr)
        : sequencer_service_bench(settings(stream_max, lease_min_ms), log) {}
    explicit sequencer_service_bench(const sequencer_service_settings& s, log_edge* log = nullptr)
        : core(s, log) {
        start(era);
    }

    static sequencer_service_settings settings(std::size_t stream_max,
                                               std::int64_t lease_min_ms = 1'000'000) {
        sequencer_service_settings s;
        s.run = run;
        s.incarnation = 9;
        s.shards = 2;
        s.dead_ms = 100;
        s.stream_max = stream_max;
        s.rules.items_total = 1'000;
        s.rules.items_per_epoch = 1'000;
        s.rules.consistency.window = 1;
        s.rules.lease_min_ms = lease_min_ms;
        s.rules.scalars = [](std::uint64_t, std::uint64_t) { return step_scalars{0.1f, 1, 1}; };
        return s;
    }

    void give(frame_builder& b) {
        out.clear();
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), now_ms, out);
        for (const auto& o : out) {
            frame_reader answer(o.frame);
            if (!answer.root().isGrant()) continue;
            granted_item = answer.root().getGrant().getItem();
            granted_lease = answer.root().getGrant().getLease();
        }
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

    void start(std::uint64_t of_era, const ledger_state& from = {}, std::uint64_t life = 9) {
        auto b = message({role::COORDINATOR, 0}, of_era);
        auto start = b.root().initStart();
        write(start.initLedger(), from);
        start.setIncarnation(life);
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
    void leave(std::uint32_t index, std::uint64_t incarnation, std::uint64_t of_era = era) {
        auto b = message(worker(index), of_era);
        b.root().initLeave().setIncarnation(incarnation);
        give(b);
    }
    /// Its node's links tell that the connection to a worker's node is there, or is lost.
    void peer_changed(address of, bool up) {
        auto b = message(of, 0, 0);
        b.root().initPeerChanged().setUp(up);
        give(b);
    }
    /// The life that it says it is, and the era that it says it holds, to whoever asks.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> holds(address who,
                                                                 std::uint64_t of_era) {
        auto b = message(who, of_era);
        b.root().initInquire();
        give(b);
        if (out.size() != 1 || out[0].to != who) return std::nullopt;
        frame_reader reader(out[0].frame);
        if (!reader.root().isHolds()) return std::nullopt;
        return std::pair(reader.root().getHolds().getIncarnation(), reader.root().getEra());
    }
    /// The items granted by what was sent last, to a worker in a life.
    std::vector<std::uint64_t> granted(std::uint32_t index, std::uint64_t incarnation) const {
        std::vector<std::uint64_t> items;
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().isGrant() && o.to == worker(index) &&
                reader.root().getGrant().getIncarnation() == incarnation)
                items.push_back(reader.root().getGrant().getItem());
        }
        return items;
    }
    struct gradient {
        std::uint64_t item = 999'999;  ///< nobody's
        std::uint64_t attempt = 0;
    };
    void commit(std::uint32_t index, std::uint64_t incarnation, double loss, gradient of) {
        auto b = message(worker(index));
        auto c = b.root().initCommit();
        c.setIncarnation(incarnation);
        c.setItem(of.item);
        c.setAttempt(of.attempt);
        c.setLoss(loss);
        give(b);
    }
    /// The last item that was granted to this worker, in this life, fails.
    void fail_granted(std::uint32_t index, std::uint64_t incarnation,
                      const std::string& cause = "poison") {
        auto b = message(worker(index));
        auto f = b.root().initFailed();
        f.setIncarnation(incarnation);
        f.setItem(granted_item);
        f.setLease(granted_lease);
        f.setCause(cause);
        give(b);
    }
    bool lost() const {
        return std::any_of(out.begin(), out.end(),
                           [](const auto& o) { return frame_reader(o.frame).root().isLost(); });
    }
    void held(std::uint32_t shard, std::uint64_t next, std::uint64_t answered_life = 9,
              std::uint64_t life = 0) {
        auto b = message({role::SHARD, shard});
        auto h = b.root().initRecordsHeld();
        h.setNext(next);
        h.setSequencer(answered_life);
        h.setIncarnation(life);
        give(b);
    }
    void control(wire::Control::Which what) {
        auto b = message({role::COORDINATOR, 0});
        auto c = b.root().initControl();
        if (what == wire::Control::CHECKPOINT) c.setCheckpoint();
        if (what == wire::Control::FINAL_CUT) c.setFinalCut();
        if (what == wire::Control::STOP_EARLY) c.setStopEarly();
        if (what == wire::Control::HOLD) c.setHold();
        if (what == wire::Control::GO_ON) c.setGoOn();
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
    template <class Read>
    auto progress(Read read) const {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().isProgress()) return read(reader.root().getProgress());
        }
        return decltype(read(wire::Progress::Reader())){};
    }
    double loss() {
        tick(now_ms + 1);
        return progress([](wire::Progress::Reader p) { return p.getLoss(); });
    }

    std::int64_t now_ms = 1;
    sequencer_service core;
    outbox out;
    std::uint64_t granted_item = 0;
    std::uint64_t granted_lease = 0;
};

}  // namespace slackline
