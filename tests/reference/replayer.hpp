// An independent scalar replay of a run's order: what the parameters and the optimizer's state must
// be, bit for bit, after given records over given gradients.
//
// Written from the arithmetic contract in kernels/optimizer.cpp's header comment; it shares no code
// with the shards. It knows whole tensors and whole tables, no slices.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "actors/checkpoint_store.hpp"
#include "actors/order.hpp"
#include "kernels/layout.hpp"
#include "kernels/optimizer.hpp"

namespace slackline {

/// A whole gradient as its worker sent it.
struct whole_gradient {
    std::vector<std::vector<float>> tensors;
    /// Per table: (id, row), in the order in which its shard received them.
    std::vector<std::vector<std::pair<std::uint64_t, std::vector<float>>>> tables;
};

class replayer {
public:
    replayer(model_layout layout, optimizer_settings optimizer, std::uint64_t seed);

    /// The run's initial values.
    void begin();
    /// Another state, as a checkpoint has it.
    void begin(const model_state& from);

    void apply(const apply_record& r, const std::vector<const whole_gradient*>& gradients);

    const std::vector<std::vector<float>>& tensors() const { return tensors_; }
    const std::vector<std::vector<std::vector<float>>>& state() const { return state_; }

    struct row {
        std::vector<float> values;
        std::vector<std::vector<float>> state;  ///< [slots][width]
    };
    const std::map<std::uint64_t, row>& table(std::size_t t) const { return tables_[t]; }

private:
    float step(const apply_record& r, float w, float g, std::vector<float*> state) const;
    row& row_of(std::size_t table, std::uint64_t id);

    model_layout layout_;
    optimizer_settings optimizer_;
    std::uint64_t seed_;
    std::size_t slots_;
    std::vector<std::vector<float>> tensors_;
    std::vector<std::vector<std::vector<float>>> state_;  ///< [slots][tensors]
    std::vector<std::map<std::uint64_t, row>> tables_;
};

}  // namespace slackline
