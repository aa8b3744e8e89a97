// From pulled slices to a job of the device, and from its gradient to pushes.
#include <algorithm>

#include "actors/shard_frames.hpp"
#include "actors/worker.hpp"

namespace slackline {

void worker::compute_waiting(std::int64_t now_ms) {
    for (auto& [item, o] : open_)
        if (o.at == stage::waiting) compute(item, o, now_ms);
}

void worker::compute(item_id item, open_item& o, std::int64_t now_ms) {
    o.at = stage::waiting;
    if (!acquire_gradients(o)) return;
    o.at = stage::computing;
    o.progress_ms = now_ms;
    o.base = *std::min_element(o.counts.begin(), o.counts.end());
    o.cancelled = std::make_shared<std::atomic<bool>>(false);
    auto job = std::make_shared<compute_job>();
    job->attempt = o.attempt;
    job->item = item;
    job->samples = o.samples;
    job->at = parameters_of(o);
    job->into = gradients_of(o);
    for (const auto& f : o.pulled) job->owners.push_back(f.owner());
    for (const auto& d : o.dense) job->owners.push_back(d);
    for (const auto& shard : o.grads)
        for (const auto& rows : shard) job->owners.push_back(rows);
    job->cancelled = o.cancelled;
    device_.submit(std::move(job));
}

bool worker::acquire_gradients(open_item& o) {
    std::vector<std::shared_ptr<buffer>> dense;
    for (std::uint32_t s = 0; s < map_->shards(); ++s) {
        auto free = pools_[s]->try_acquire();
        if (!free) return false;
        const auto& ranges = map_->ranges(s);
        for (std::size_t r = 0; r < ranges.size(); ++r) {
            const std::size_t end =
                r + 1 < ranges.size() ? ranges[r + 1].offset : map_->slice_floats(s);
            std::fill(free->data() + ranges[r].offset + ranges[r].floats, free->data() + end, 0.0f);
        }
        dense.push_back(std::move(free));
    }
    o.dense = std::move(dense);
    const auto& tables = map_->layout().tables;
    o.grads.assign(map_->shards(), {});
    for (std::uint32_t s = 0; s < map_->shards(); ++s)
        for (std::size_t t = 0; t < tables.size(); ++t)
            o.grads[s].push_back(
                std::make_shared<std::vector<float>>(padded(o.ids[s][t].size() * tables[t].width)));
    return true;
}

parameters worker::parameters_of(const open_item& o) const {
    std::vector<const float*> slices;
    std::vector<std::vector<const float*>> rows(map_->shards());
    for (std::uint32_t s = 0; s < map_->shards(); ++s) {
        frame_reader reader(o.pulled[s]);
        const auto pulled = reader.root().getPulled();
        slices.push_back(reinterpret_cast<const float*>(
            contiguous(pulled.getDense(), map_->slice_floats(s) * sizeof(float)).data()));
        for (auto part : pulled.getTables())
            rows[s].push_back(reinterpret_cast<const float*>(part.begin()));
    }
    auto view = map_->view<const float>(slices);
    for (std::size_t t = 0; t < o.rows.size(); ++t) {
        const std::size_t width = map_->layout().tables[t].width;
        rows_view<const float> table{width, {}};
        for (const auto& at : o.rows[t]) table.rows.push_back(rows[at.shard][t] + at.place * width);
        view.tables.push_back(std::move(table));
    }
    return view;
}

gradients worker::gradients_of(const open_item& o) const {
    std::vector<float*> slices;
    for (const auto& d : o.dense) slices.push_back(d->data());
    auto view = map_->view<float>(slices);
    for (std::size_t t = 0; t < o.rows.size(); ++t) {
        const std::size_t width = map_->layout().tables[t].width;
        rows_view<float> table{width, {}};
        for (const auto& at : o.rows[t])
            table.rows.push_back(o.grads[at.shard][t]->data() + at.place * width);
        view.tables.push_back(std::move(table));
    }
    return view;
}

frame worker::push_of(item_id item, const open_item& o, std::uint32_t shard) const {
    const auto& tables = map_->layout().tables;
    auto b = message(answer_for_.shard(shard));
    auto push = b.root().initPush();
    push.setIncarnation(incarnation_);
    push.setItem(item);
    push.setBase(o.base);
    push.setAttempt(o.attempt);
    auto withdrawn = push.initWithdrawn(static_cast<unsigned>(withdrawn_.size()));
    for (unsigned i = 0; i < withdrawn.size(); ++i) withdrawn.set(i, withdrawn_[i]);
    attach_floats(
        b, [&](unsigned n) { return push.initDense(n); }, o.dense[shard]->data(),
        map_->slice_floats(shard), o.dense[shard]);
    auto parts = push.initTables(static_cast<unsigned>(tables.size()));
    for (unsigned t = 0; t < parts.size(); ++t) {
        const auto& wanted = o.ids[shard][t];
        auto ids = parts[t].initIds(static_cast<unsigned>(wanted.size()));
        for (unsigned i = 0; i < ids.size(); ++i) ids.set(i, wanted[i]);
        const auto& rows = o.grads[shard][t];
        parts[t].adoptRows(
            b.attach_one(as_bytes(rows->data(), wanted.size() * tables[t].width), rows));
    }
    return b.finish();
}

}  // namespace slackline
