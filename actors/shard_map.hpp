// Which shard holds what: dense tensors cut into ranges of whole rows that balance bytes, table
// rows by a hash of their id. A pure function of (layout, shards), the same on every host.
//
// Thread: immutable after construction; any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/layout.hpp"
#include "kernels/parameters.hpp"

namespace slackline {

/// Rows [row_begin, row_end) of one tensor, at `offset` floats in their shard's slice. Offsets are
/// multiples of 16 floats (64 bytes); the gap behind a range is zero and belongs to nobody.
struct dense_range {
    std::size_t tensor = 0;
    std::size_t row_begin = 0;
    std::size_t row_end = 0;
    std::size_t offset = 0;
    std::size_t floats = 0;
};

class shard_map {
public:
    /// shards >= 1.
    shard_map(model_layout layout, std::uint32_t shards);

    const model_layout& layout() const { return layout_; }
    std::uint32_t shards() const { return static_cast<std::uint32_t>(ranges_.size()); }
    const std::vector<dense_range>& ranges(std::uint32_t shard) const { return ranges_[shard]; }

    /// Floats of a shard's dense slice, gaps included.
    std::size_t slice_floats(std::uint32_t shard) const { return slice_floats_[shard]; }

    /// The shard of a table's row.
    std::uint32_t shard_of(std::size_t table, std::uint64_t id) const;

    /// Views of whole tensors over one slice a shard. Tables are left empty.
    template <class T>
    parameter_view<T> view(const std::vector<T*>& slices) const {
        parameter_view<T> v;
        for (const auto& spec : layout_.tensors)
            v.tensors.push_back({spec.rows(), spec.width(), {}});
        for (std::uint32_t s = 0; s < shards(); ++s)
            for (const auto& r : ranges_[s])
                v.tensors[r.tensor].segments.push_back(
                    {r.row_begin, r.row_end, slices[s] + r.offset});
        return v;
    }

private:
    model_layout layout_;
    std::vector<std::vector<dense_range>> ranges_;
    std::vector<std::size_t> slice_floats_;
};

}  // namespace slackline
