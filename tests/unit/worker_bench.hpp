// One worker by hand: two shards, one tensor cut over them, one table; a device that only notes its
// jobs. What the worker sends is in `out` after each step.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "actors/shard_frames.hpp"
#include "actors/wire_order.hpp"
#include "actors/worker.hpp"

namespace slackline {

class worker_bench {
public:
    static constexpr std::uint64_t run = 7;
    static constexpr std::uint64_t era = 3;

    /// Begins in its era; `out` holds its join.
    explicit worker_bench(std::size_t gradient_buffers = 8, double gradient_norm_max = 0)
        : map(std::make_shared<shard_map>(
              model_layout{{{"w", {4}, {}}}, {{"rows", 2, {init_kind::zero, 0}}}}, 2)),
          core({0, run, 1'000, gradient_buffers, gradient_norm_max}, map, device, data, lives,
               [this](const std::string& sentence) { told.push_back(sentence); }) {
        start(era);
    }

    struct noting_device : device_edge {
        void submit(std::shared_ptr<const compute_job> job) override {
            jobs.push_back(std::move(job));
        }
        std::vector<std::shared_ptr<const compute_job>> jobs;
    };
    /// Every item asks for the rows 1, 2 and 3.
    struct drawn_data : batch_edge {
        std::shared_ptr<const batch> prepare(item_id, row_requests& requests) override {
            ++prepared;
            if (!broken.empty()) throw std::runtime_error(broken);
            requests = {{1, 2, 3}};
            auto b = std::make_shared<batch>();
            b->size = 5;
            return b;
        }
        std::string broken;
        int prepared = 0;
    };
    struct counted_lives : incarnations_edge {
        std::uint64_t next() override { return ++last; }
        std::uint64_t last = 10;
    };

    frame_builder message(address from, std::uint64_t of_era = era) const {
        return {from, {role::WORKER, 0}, run, of_era};
    }
    static address shard(std::uint32_t index) { return {role::SHARD, index}; }
    void give(frame_builder& b) {
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

    void start(std::uint64_t of_era) {
        auto b = message({role::SEQUENCER, 0}, of_era);
        b.root().initStart();
        give(b);
    }
    /// Of the newest life where no other is named; the same for all that follows.
    using life = std::optional<std::uint64_t>;
    void grant(item_id item, std::uint64_t lease, std::uint64_t floor = 0, life of = {},
               std::uint64_t of_era = era) {
        auto b = message({role::SEQUENCER, 0}, of_era);
        auto g = b.root().initGrant();
        g.setIncarnation(of.value_or(lives.last));
        g.setItem(item);
        g.setLease(lease);
        g.setFloor(floor);
        give(b);
    }
    struct pulled_spec {
        item_id item = 0;
        std::uint64_t request = 1;
        std::uint64_t count = 0;
        std::uint64_t of_era = era;
        std::ptrdiff_t floats_more = 0;
        unsigned tables = 1;
        unsigned bytes_more = 0;
    };
    void pulled(std::uint32_t from, const pulled_spec& s) {
        auto b = message(shard(from), s.of_era);
        auto p = b.root().initPulled();
        p.setItem(s.item);
        p.setRequest(s.request);
        p.setCount(s.count);
        const auto slice = from < 2 ? map->slice_floats(from) : 16;
        const auto floats = static_cast<std::size_t>(std::ptrdiff_t(slice) + s.floats_more);
        auto dense = std::make_shared<std::vector<float>>(floats, 1.0f);
        pulled_memory = dense;
        attach_floats(b, [&](unsigned n) { return p.initDense(n); }, dense->data(), floats, dense);
        auto rows = p.initTables(s.tables);
        for (unsigned t = 0; t < s.tables; ++t)
            rows.init(t, unsigned(rows_of(from) * 2 * sizeof(float)) + s.bytes_more);
        give(b);
    }
    void pull_all(item_id item, std::uint64_t request, std::uint64_t count = 0,
                  std::uint64_t of_era = era) {
        for (std::uint32_t s = 0; s < 2; ++s)
            pulled(s, {.item = item, .request = request, .count = count, .of_era = of_era});
    }
    void computed_is(std::uint64_t attempt, double loss = 0.5, double squared_norm = 4,
                     const std::string& error = "") {
        out.clear();
        core.handle(computed{attempt, loss, squared_norm, 6, error}, now_ms, out);
    }
    void landed(std::uint32_t from, item_id item, std::uint64_t attempt, life of = {}) {
        auto b = message(shard(from));
        auto l = b.root().initLanded();
        l.setIncarnation(of.value_or(lives.last));
        l.setItem(item);
        l.setAttempt(attempt);
        give(b);
    }
    void outcome(item_id item, answer what, std::uint64_t attempt, life of = {},
                 std::uint64_t of_era = era) {
        auto b = message({role::SEQUENCER, 0}, of_era);
        auto o = b.root().initOutcome();
        o.setIncarnation(of.value_or(lives.last));
        o.setItem(item);
        o.setAnswer(to_wire(what));
        o.setAttempt(attempt);
        give(b);
    }
    void cancel(item_id item, std::uint64_t lease, life of = {}) {
        auto b = message({role::SEQUENCER, 0});
        auto c = b.root().initCancel();
        c.setIncarnation(of.value_or(lives.last));
        c.setItem(item);
        c.setLease(lease);
        give(b);
    }
    void refused(item_id item, wire::Refusal why, life of = {}, std::uint64_t of_era = era,
                 std::uint64_t attempt = 1) {
        auto b = message(shard(0), of_era);
        auto r = b.root().initRefused();
        r.setIncarnation(of.value_or(lives.last));
        r.setItem(item);
        r.setWhy(why);
        r.setSentence("other shapes");
        r.setAttempt(attempt);
        give(b);
    }
    void holds(std::uint32_t from, std::uint64_t of_era = era) {
        auto b = message(shard(from), of_era);
        b.root().initHolds().setIncarnation(77);
        give(b);
    }
    void drain() {
        out.clear();
        core.drain(out);
    }

    /// Takes an item from its grant to its pushes, or to its commit. Its attempt is `attempt`.
    void bring_to_push(item_id item, std::uint64_t lease, std::uint64_t attempt) {
        grant(item, lease);
        pull_all(item, attempt);
        computed_is(attempt);
    }
    void bring_to_commit(item_id item, std::uint64_t lease, std::uint64_t attempt) {
        bring_to_push(item, lease, attempt);
        for (std::uint32_t s = 0; s < 2; ++s) landed(s, item, attempt);
    }

    std::size_t sent(wire::Message::Which kind) const {
        std::size_t n = 0;
        for (const auto& o : out) n += frame_reader(o.frame).root().which() == kind ? 1 : 0;
        return n;
    }
    /// What `read` makes of the first message of a kind in `out`.
    template <class Read>
    auto first(wire::Message::Which kind, Read read) const
        -> std::optional<decltype(read(std::declval<wire::Message::Reader>()))> {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().which() == kind) return read(reader.root());
        }
        return std::nullopt;
    }
    std::optional<std::uint64_t> joined() const {
        return first(wire::Message::JOIN, [](auto m) { return m.getJoin().getIncarnation(); });
    }
    std::optional<std::uint64_t> left() const {
        return first(wire::Message::LEAVE, [](auto m) { return m.getLeave().getIncarnation(); });
    }
    /// The shards that are asked what they hold, in order.
    std::vector<std::uint32_t> inquired() const {
        std::vector<std::uint32_t> all;
        for (const auto& o : out)
            if (frame_reader(o.frame).root().isInquire()) all.push_back(o.to.index);
        return all;
    }
    std::optional<std::string> failed() const {
        return first(wire::Message::FAILED,
                     [](auto m) { return std::string(m.getFailed().getCause().cStr()); });
    }
    /// The attempts that the first push names as withdrawn.
    std::vector<std::uint64_t> withdrawn() const {
        const auto all = first(wire::Message::PUSH, [](auto m) {
            std::vector<std::uint64_t> attempts;
            for (auto a : m.getPush().getWithdrawn()) attempts.push_back(a);
            return attempts;
        });
        return all.value_or(std::vector<std::uint64_t>{999});
    }
    /// What the worker says that it works on. Its beat goes to `out`.
    std::vector<item_id> open() {
        tick(now_ms);
        const auto all = first(wire::Message::BEAT, [](auto m) {
            std::vector<item_id> items;
            for (auto i : m.getBeat().getOpen()) items.push_back(i);
            return items;
        });
        return all.value_or(std::vector<item_id>{999});
    }

    std::shared_ptr<const shard_map> map;
    noting_device device;
    drawn_data data;
    counted_lives lives;
    std::int64_t now_ms = 1;
    outbox out;
    std::vector<std::string> told;
    std::weak_ptr<std::vector<float>> pulled_memory;  ///< of the last answer to a pull
    worker core;

private:
    std::size_t rows_of(std::uint32_t of) const {
        std::size_t n = 0;
        for (const std::uint64_t id : {1, 2, 3}) n += map->shard_of(0, id) == of ? 1 : 0;
        return n;
    }
};

}  // namespace slackline
