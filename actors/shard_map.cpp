#include "actors/shard_map.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/mix.hpp"

namespace slackline {

namespace {

constexpr std::size_t align_floats = 16;

std::size_t aligned(std::size_t floats) {
    return (floats + align_floats - 1) / align_floats * align_floats;
}

}  // namespace

// Walks the tensors' rows in order and hands each shard rows until it has its part of all floats.
// Shard s ends at the row boundary nearest to total * (s + 1) / shards; a row belongs to the shard
// in whose part its middle lies, so ranges of consecutive shards neither overlap nor leave gaps.
shard_map::shard_map(model_layout layout, std::uint32_t shards)
    : layout_(std::move(layout)), ranges_(shards), slice_floats_(shards, 0) {
    assert(shards >= 1);
    std::size_t total = 0;
    for (const auto& t : layout_.tensors) total += t.size();
    std::size_t before = 0;
    for (std::size_t t = 0; t < layout_.tensors.size(); ++t) {
        const auto& spec = layout_.tensors[t];
        std::size_t row = 0;
        for (std::uint32_t s = 0; s < shards && row < spec.rows(); ++s) {
            const std::size_t end_float =
                total / shards * (s + 1) + total % shards * (s + 1) / shards;
            std::size_t end = spec.rows();
            if (s + 1 < shards) {
                const std::size_t inside = end_float > before ? end_float - before : 0;
                end = std::min(spec.rows(), (inside + spec.width() / 2) / spec.width());
            }
            if (end <= row) continue;
            const std::size_t floats = (end - row) * spec.width();
            ranges_[s].push_back({t, row, end, slice_floats_[s], floats});
            slice_floats_[s] += aligned(floats);
            row = end;
        }
        before += spec.size();
    }
}

// Mixed, so that neighbouring ids are spread.
std::uint32_t shard_map::shard_of(std::size_t table, std::uint64_t id) const {
    return static_cast<std::uint32_t>(mix64(id + golden_gamma * (table + 1)) % shards());
}

}  // namespace slackline
