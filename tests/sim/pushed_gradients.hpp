// Whole gradients out of the slices that workers push.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "actors/order.hpp"
#include "actors/shard_frames.hpp"
#include "actors/shard_map.hpp"
#include "tests/reference/replayer.hpp"
#include "tests/sim/seen_bytes.hpp"

namespace slackline {

class pushed_gradients {
public:
    explicit pushed_gradients(std::shared_ptr<const shard_map> map) : map_(std::move(map)) {}

    /// False: it was pushed before with other bytes.
    bool add(const frame& f, wire::Message::Reader m, std::uint32_t shard) {
        const auto p = m.getPush();
        const key of{p.getItem(), {m.getFrom().getIndex(), p.getIncarnation()}, p.getAttempt()};
        auto& slices = slices_[of];
        slices.resize(map_->shards());
        auto& slice = slices[shard];
        if (slice) return same_gradient(slice, f);
        slice = copy_of(f);
        return true;
    }

    /// None where it was not pushed to every shard.
    std::optional<whole_gradient> of(const applied_item& i) const {
        const auto found = slices_.find({i.item, i.from, i.attempt});
        if (found == slices_.end()) return std::nullopt;
        whole_gradient g;
        for (const auto& t : map_->layout().tensors) g.tensors.emplace_back(t.size());
        g.tables.resize(map_->layout().tables.size());
        for (std::uint32_t s = 0; s < map_->shards(); ++s)
            if (!found->second[s] || !add_slice(s, found->second[s], g)) return std::nullopt;
        return g;
    }

private:
    using key = std::tuple<item_id, worker_key, std::uint64_t>;

    bool add_slice(std::uint32_t shard, const frame& f, whole_gradient& to) const {
        frame_reader reader(f);
        const auto push = reader.root().getPush();
        std::vector<float> slice(map_->slice_floats(shard));
        if (!read_floats(push.getDense(), slice)) return false;
        for (const auto& r : map_->ranges(shard)) {
            const auto width = map_->layout().tensors[r.tensor].width();
            std::copy_n(
                slice.begin() + static_cast<std::ptrdiff_t>(r.offset), r.floats,
                to.tensors[r.tensor].begin() + static_cast<std::ptrdiff_t>(r.row_begin * width));
        }
        for (unsigned t = 0; t < to.tables.size(); ++t) {
            const auto part = push.getTables()[t];
            const auto width = map_->layout().tables[t].width;
            const auto* rows = reinterpret_cast<const float*>(part.getRows().begin());
            for (unsigned k = 0; k < part.getIds().size(); ++k)
                to.tables[t].emplace_back(
                    part.getIds()[k], std::vector<float>(rows + k * width, rows + (k + 1) * width));
        }
        return true;
    }

    std::shared_ptr<const shard_map> map_;
    std::map<key, std::vector<frame>> slices_;  ///< [shards]
};

}  // namespace slackline
