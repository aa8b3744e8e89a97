// A shard's whole state, into a message that has room for one. Included by shard*.cpp only.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "actors/shard.hpp"
#include "actors/shard_frames.hpp"

namespace slackline {

/// Parameters are referred to, uncopied; what an apply changes in place is copied. `Message` is a
/// wire::Snapshot or a wire::Restore.
template <class Message>
void shard::write_state(frame_builder& b, Message to, bool with_state) const {
    const std::size_t floats = map_->slice_floats(settings_.index);
    attach_floats(
        b, [&](unsigned n) { return to.initDense(n); }, current_->data(), floats, current_);
    if (with_state) {
        auto slots = to.initState(static_cast<unsigned>(state_.size()));
        for (unsigned s = 0; s < slots.size(); ++s) {
            auto copy = std::make_shared<const std::vector<float>>(state_[s]);
            attach_floats(
                b, [&](unsigned n) { return slots.init(s, n); }, copy->data(), floats, copy);
        }
    }
    auto parts = to.initTables(static_cast<unsigned>(tables_.size()));
    for (unsigned t = 0; t < parts.size(); ++t)
        write_table(b, parts[t], std::make_shared<table_rows>(tables_[t].copy(with_state)));
}

}  // namespace slackline
