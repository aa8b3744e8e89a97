#include "actors/evaluator.hpp"

#include <fmt/format.h>

#include "actors/cause.hpp"
#include "actors/shard_frames.hpp"
#include "actors/thrown.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

namespace {
constexpr address coordinator_address{role::COORDINATOR, 0};
}

evaluator::evaluator(cut_reader_settings settings, std::shared_ptr<const shard_map> map,
                     std::uint64_t seed, std::uint64_t items_per_epoch, evaluate_edge evaluate)
    : settings_(settings),
      map_(std::move(map)),
      seed_(seed),
      items_per_epoch_(items_per_epoch),
      evaluate_(std::move(evaluate)),
      parts_(map_->shards()) {}

void evaluator::handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    if (m.getRun() != settings_.run || !(m.isSnapshot() || m.isAccount())) return;
    const auto whole = parts_.take(f, m, now_ms);
    if (!whole) return;
    if (done_.of(*whole)) return out.push_back({coordinator_address, done_.sent});
    if (const auto done = evaluate(*whole, out); !done)
        send_cut_failed(role::EVALUATOR, settings_.run, {whole->era, whole->cut},
                        fmt::format("the evaluation at update {} failed: {}", whole->cut.count,
                                    done.error().sentence),
                        out);
}

void evaluator::tick(std::int64_t now_ms, outbox& out) {
    for (const auto& lost : parts_.take_lost(now_ms, settings_.parts_ms))
        send_cut_failed(role::EVALUATOR, settings_.run, lost,
                        fmt::format("the evaluation of cut {} was given up: not every part of it "
                                    "came in time",
                                    lost.cut.cut),
                        out);
}

result<void> evaluator::evaluate(const whole_cut& whole, outbox& out) try {
    std::vector<const float*> slices;
    std::vector<table> tables;
    const auto& specs = map_->layout().tables;
    for (std::size_t t = 0; t < specs.size(); ++t)
        tables.emplace_back(specs[t], t, seed_, optimizer_settings{});
    std::vector<table_rows> rows(specs.size());
    for (std::uint32_t s = 0; s < map_->shards(); ++s) {
        frame_reader reader(whole.snapshots[s]);
        const auto snapshot = reader.root().getSnapshot();
        const auto bytes = map_->slice_floats(s) * sizeof(float);
        const auto dense = contiguous(snapshot.getDense(), bytes);
        if (dense.size() != bytes || snapshot.getTables().size() != specs.size())
            return fail(failure_code::mismatch,
                        fmt::format("shard {}'s snapshot does not have this model's shapes", s));
        slices.push_back(reinterpret_cast<const float*>(dense.data()));
        for (unsigned t = 0; t < specs.size(); ++t) {
            table_rows part;
            if (!read_table(snapshot.getTables()[t], specs[t].width, 0, part))
                return fail(
                    failure_code::mismatch,
                    fmt::format("shard {}'s rows of table '{}' are damaged", s, specs[t].name));
            rows[t].ids.insert(rows[t].ids.end(), part.ids.begin(), part.ids.end());
            rows[t].rows.insert(rows[t].rows.end(), part.rows.begin(), part.rows.end());
        }
    }
    for (std::size_t t = 0; t < specs.size(); ++t) tables[t].assign(rows[t]);
    const auto metrics =
        evaluate_(map_->view<const float>(slices),
                  [&](std::size_t t, std::uint64_t id, float* to) { tables[t].gather(id, to); });
    frame_builder b({role::EVALUATOR, 0}, coordinator_address, settings_.run, whole.era);
    auto evaluated = b.root().initEvaluated();
    write(evaluated.initCut(), whole.cut);
    evaluated.setEpoch(whole.ledger.watermark / items_per_epoch_);
    auto list = evaluated.initMetrics(static_cast<unsigned>(metrics.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
        list[i].setName(metrics[i].first);
        list[i].setValue(metrics[i].second);
    }
    const auto told = b.finish();
    done_.note(whole, told);
    out.push_back({coordinator_address, told});
    return {};
} catch (...) {
    return fail(failure_code::refused, fmt::format("the model threw: {}; correct its program",
                                                   short_cause(what_was_thrown())));
}

}  // namespace slackline
