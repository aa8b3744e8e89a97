// Parameters with their optimizer state and no servers around them, stepped in place.
//
// Thread: none of its own; Hogwild's threads step one at once, without a lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "actors/shard_map.hpp"
#include "kernels/buffer.hpp"
#include "kernels/optimizer.hpp"

namespace slackline::bench {

class plain_parameters {
public:
    plain_parameters(model_layout layout, std::uint64_t seed, optimizer_settings optimizer)
        : optimizer_(optimizer), map_(std::move(layout), 1), values_(map_.slice_floats(0)) {
        std::fill_n(values_.data(), values_.size(), 0.0f);
        const auto& tensors = map_.layout().tensors;
        for (const auto& r : map_.ranges(0))
            for (std::size_t i = 0; i < r.floats; ++i)
                values_.data()[r.offset + i] =
                    initial_value(tensors[r.tensor].init, seed, r.tensor, i);
        for (std::size_t s = 0; s < state_slots(optimizer_.kind); ++s) {
            state_.emplace_back(values_.size());
            std::fill_n(state_.back().data(), values_.size(), 0.0f);
        }
    }

    const shard_map& map() const { return map_; }
    const buffer& values() const { return values_; }

    void step(const float* gradient, float learning_rate) {
        const weighted_slice slice{gradient, 1};
        std::vector<float*> state;
        for (auto& s : state_) state.push_back(s.data());
        apply(optimizer_, step_scalars_at(optimizer_, learning_rate, ++steps_), {&slice, 1}, 1,
              values_.size(), values_.data(), values_.data(), state);
    }

private:
    optimizer_settings optimizer_;
    shard_map map_;
    buffer values_;
    std::vector<buffer> state_;
    std::atomic<std::uint64_t> steps_{0};
};

}  // namespace slackline::bench
