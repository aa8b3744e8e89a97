// One shard by hand: a model with one tensor [4] and one table of width 2, with SGD. What the shard
// answers is in `out` after each step.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "actors/shard.hpp"
#include "actors/shard_frames.hpp"

namespace slackline {

class shard_bench {
public:
    static constexpr std::uint64_t run = 7;
    static constexpr std::uint64_t era = 3;

    shard_bench() : shard_bench(settings()) {}
    explicit shard_bench(const shard_settings& s, log_edge* log = nullptr)
        : map(std::make_shared<shard_map>(layout(), 1)), core(s, map, log) {
        begin(era, {});
    }

    static model_layout layout() {
        return {{{"w", {4}, {init_kind::zero, 0}}}, {{"rows", 2, {init_kind::zero, 0}}}};
    }
    static shard_settings settings() {
        shard_settings s;
        s.run = run;
        s.incarnation = 1;
        s.staleness = 2;
        s.parameter_buffers = 2;
        s.slices_max = 3;
        s.records_max = 6;
        return s;
    }

    void give(frame_builder& b) {
        out.clear();
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), 0, out);
    }
    static frame_builder message(role from, std::uint64_t of_era) {
        return {{from, 0}, {role::SHARD, 0}, run, of_era};
    }

    /// Restored and started; what it says to the restore is in `out`.
    void begin(std::uint64_t of_era, const ledger_state& from) {
        restore(of_era, from);
        auto said = std::move(out);
        start(of_era, 1);
        for (auto& o : out) said.push_back(std::move(o));
        out = std::move(said);
    }
    void start(std::uint64_t of_era, std::uint64_t life) {
        auto b = message(role::COORDINATOR, of_era);
        b.root().initStart().setIncarnation(life);
        give(b);
    }
    void restore(std::uint64_t of_era, const ledger_state& from) {
        newest = std::max(newest, of_era);
        auto b = message(role::COORDINATOR, of_era);
        auto r = b.root().initRestore();
        r.setInitial(true);
        r.setCount(from.count);
        write(r.initLedger(), from);
        give(b);
    }

    struct push_spec {
        item_id item = 0;
        std::uint64_t attempt = 1;
        std::uint64_t base = 0;
        std::uint64_t incarnation = 5;
        std::size_t floats = 16;
        std::vector<std::uint64_t> withdrawn = {};
        std::uint64_t of_era = era;
        float value = 1;
        std::vector<float> row = {};  ///< of the table's row 3; empty: none is pushed
    };
    void push(const push_spec& s) {
        auto b = message(role::WORKER, s.of_era);
        auto p = b.root().initPush();
        p.setItem(s.item);
        p.setAttempt(s.attempt);
        p.setBase(s.base);
        p.setIncarnation(s.incarnation);
        auto w = p.initWithdrawn(static_cast<unsigned>(s.withdrawn.size()));
        for (unsigned i = 0; i < w.size(); ++i) w.set(i, s.withdrawn[i]);
        auto gradient = std::make_shared<std::vector<float>>(s.floats, s.value);
        attach_floats(
            b, [&](unsigned n) { return p.initDense(n); }, gradient->data(), s.floats, gradient);
        auto part = p.initTables(1)[0];
        if (!s.row.empty()) {
            part.initIds(1).set(0, 3);
            auto row = std::make_shared<std::vector<float>>(s.row);
            part.adoptRows(b.attach_one(as_bytes(row->data(), row->size()), row));
        }
        give(b);
    }
    /// Every pull has a name of its own, unless it is named.
    void pull(std::uint64_t floor) { pull(floor, ++pulls); }
    void pull(std::uint64_t floor, std::uint64_t request, std::uint64_t incarnation = 5) {
        auto b = message(role::WORKER, newest);
        auto p = b.root().initPull();
        p.setRequest(request);
        p.setIncarnation(incarnation);
        p.setFloor(floor);
        p.initTables(1);
        give(b);
    }
    /// The life that the shard says it is and the era that it says it holds, to whoever asks.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> holds(role who, std::uint64_t of_era) {
        auto b = message(who, of_era);
        b.root().initInquire();
        give(b);
        if (out.size() != 1 || out[0].to != address{who, 0}) return std::nullopt;
        return answer(wire::Message::HOLDS, [](auto m) {
            return std::pair<std::uint64_t, std::uint64_t>(m.getHolds().getIncarnation(),
                                                           m.getEra());
        });
    }
    template <class... Entries>
    void order(std::uint64_t first, const Entries&... entries) {
        auto b = message(role::SEQUENCER, newest);
        auto r = b.root().initRecords();
        r.setFirst(first);
        auto list = r.initRecords(sizeof...(entries));
        unsigned i = 0;
        (write(list[i++], stream_entry(entries)), ...);
        give(b);
    }
    static apply_record applied(std::uint64_t count, item_id item, std::uint64_t base = 0,
                                std::uint64_t attempt = 1) {
        return {count, {{item, base, {0, 5}, 1, attempt}}, 1, {0.5f, 1, 1}};
    }

    /// The first answer of a kind, as `read` makes it.
    template <class Read>
    auto answer(wire::Message::Which kind, Read read) const
        -> std::optional<decltype(read(std::declval<wire::Message::Reader>()))> {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().which() == kind) return read(reader.root());
        }
        return std::nullopt;
    }
    /// Why the era cannot go on.
    std::optional<std::string> lost() const {
        return answer(wire::Message::LOST,
                      [](auto m) { return std::string(m.getLost().getSentence().cStr()); });
    }
    bool landed() const {
        return answer(wire::Message::LANDED, [](auto) { return true; }).has_value();
    }
    std::optional<wire::Refusal> refused() const {
        return answer(wire::Message::REFUSED, [](auto m) { return m.getRefused().getWhy(); });
    }
    std::optional<std::uint64_t> refused_attempt() const {
        return answer(wire::Message::REFUSED, [](auto m) { return m.getRefused().getAttempt(); });
    }
    std::optional<std::uint64_t> pulled_count() const {
        return answer(wire::Message::PULLED, [](auto m) { return m.getPulled().getCount(); });
    }
    std::optional<float> pulled_value() const {
        return answer(wire::Message::PULLED, [](auto m) {
            return reinterpret_cast<const float*>(m.getPulled().getDense()[0].begin())[0];
        });
    }

    std::shared_ptr<const shard_map> map;
    shard core;
    outbox out;
    std::uint64_t pulls = 1'000;
    std::uint64_t newest = era;  ///< the era of pulls and records
};

}  // namespace slackline
