// A shard's part of a whole model's state, as a message.
#include <algorithm>

#include "actors/coordinator.hpp"
#include "actors/shard_frames.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

namespace {

// The shard's dense slice cut out of whole tensors; gaps are zero.
std::shared_ptr<std::vector<float>> slice_of(const shard_map& map, std::uint32_t shard,
                                             const std::vector<std::vector<float>>& tensors) {
    auto slice = std::make_shared<std::vector<float>>(map.slice_floats(shard), 0.0f);
    for (const auto& r : map.ranges(shard)) {
        const auto width = map.layout().tensors[r.tensor].width();
        std::copy_n(tensors[r.tensor].begin() + static_cast<std::ptrdiff_t>(r.row_begin * width),
                    r.floats, slice->begin() + static_cast<std::ptrdiff_t>(r.offset));
    }
    return slice;
}

std::shared_ptr<table_rows> rows_of(const shard_map& map, std::uint32_t shard, std::size_t table,
                                    const table_rows& all) {
    const auto width = map.layout().tables[table].width;
    auto part = std::make_shared<table_rows>();
    part->state.resize(all.state.size());
    const auto take = [&](const std::vector<float>& from, std::size_t k, std::vector<float>& to) {
        const auto begin = from.begin() + static_cast<std::ptrdiff_t>(k * width);
        to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
    };
    for (std::size_t k = 0; k < all.ids.size(); ++k) {
        if (map.shard_of(table, all.ids[k]) != shard) continue;
        part->ids.push_back(all.ids[k]);
        take(all.rows, k, part->rows);
        for (std::size_t s = 0; s < all.state.size(); ++s) take(all.state[s], k, part->state[s]);
    }
    return part;
}

}  // namespace

void coordinator::send_restore(std::uint32_t shard, outbox& out) {
    auto& kept = restores_[shard];
    const auto to = this->shard(shard);
    if (!kept || kept.envelope().to != to) kept = restore_of(shard);
    out.push_back({to, kept});
}

frame coordinator::restore_of(std::uint32_t shard) const {
    const auto to = this->shard(shard);
    auto b = message(to);
    auto restore = b.root().initRestore();
    restore.setCount(ledger_.count);
    restore.setInitial(!state_);
    if (const auto r = recovering_.find(to); r != recovering_.end())
        restore.setIncarnation(r->second);
    write(restore.initLedger(), ledger_);
    if (state_) {
        const auto floats = map_->slice_floats(shard);
        const auto dense = slice_of(*map_, shard, state_->tensors);
        attach_floats(
            b, [&](unsigned n) { return restore.initDense(n); }, dense->data(), floats, dense);
        auto slots = restore.initState(static_cast<unsigned>(state_->state.size()));
        for (unsigned s = 0; s < slots.size(); ++s) {
            const auto slot = slice_of(*map_, shard, state_->state[s]);
            attach_floats(
                b, [&](unsigned n) { return slots.init(s, n); }, slot->data(), floats, slot);
        }
        auto tables = restore.initTables(static_cast<unsigned>(state_->tables.size()));
        for (unsigned t = 0; t < tables.size(); ++t)
            write_table(b, tables[t], rows_of(*map_, shard, t, state_->tables[t]));
    }
    return b.finish();
}

}  // namespace slackline
