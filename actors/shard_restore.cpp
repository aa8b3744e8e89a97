// How a shard begins an era: with the run's initial values, or with a checkpoint's.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "actors/shard.hpp"
#include "actors/shard_frames.hpp"

namespace slackline {

namespace {

[[noreturn]] void does_not_fit(std::uint32_t shard, const char* what) {
    throw std::runtime_error(fmt::format(
        "the {} restored into shard {} do not have its shapes; restore a checkpoint of this model",
        what, shard));
}

}  // namespace

void shard::restore(wire::Message::Reader m, outbox& out) {
    const auto coordinator = read_address(m.getFrom());
    if (m.getEra() < era_) return tell_what_it_holds(coordinator, out);
    const auto r = m.getRestore();
    if (m.getEra() > era_) {
        landed_.clear();
        fenced_.clear();
        pending_.clear();
        parked_.clear();
        answers_.clear();
        next_ = 0;
        closed_ = ledger(read(r.getLedger()));
        restore_dense(r);
        restore_tables(r);
        count_ = r.getCount();
        era_ = m.getEra();
        started_ = false;
    }
    tell_of_restore(coordinator, out);
}

void shard::tell_of_restore(address to, outbox& out) const {
    frame_builder b = reply(to);
    b.root().initRestored().setIncarnation(settings_.incarnation);
    out.push_back({to, b.finish()});
}

void shard::restore_dense(wire::Restore::Reader r) {
    current_.reset();
    current_ = pool_.try_acquire();
    if (!current_)
        throw std::runtime_error(fmt::format(
            "shard {} has no free version buffer to restore into; raise parameter_buffers",
            settings_.index));
    const std::size_t floats = map_->slice_floats(settings_.index);
    state_.assign(state_slots(settings_.optimizer.kind), std::vector<float>(floats, 0.0f));
    const std::span<float> slice(current_->data(), floats);
    if (!r.getInitial()) {
        if (!read_floats(r.getDense(), slice)) does_not_fit(settings_.index, "parameters");
        if (r.getState().size() != state_.size()) does_not_fit(settings_.index, "states");
        for (unsigned s = 0; s < state_.size(); ++s)
            if (!read_floats(r.getState()[s], state_[s])) does_not_fit(settings_.index, "states");
        return;
    }
    std::fill(slice.begin(), slice.end(), 0.0f);
    for (const auto& range : map_->ranges(settings_.index)) {
        const auto& spec = map_->layout().tensors[range.tensor];
        for (std::size_t i = 0; i < range.floats; ++i)
            slice[range.offset + i] = initial_value(spec.init, settings_.seed, range.tensor,
                                                    range.row_begin * spec.width() + i);
    }
}

void shard::restore_tables(wire::Restore::Reader r) {
    for (unsigned t = 0; t < tables_.size(); ++t) {
        tables_[t].clear();
        if (r.getInitial()) continue;
        table_rows rows;
        if (t >= r.getTables().size() ||
            !read_table(r.getTables()[t], tables_[t].width(), state_.size(), rows))
            does_not_fit(settings_.index, "table rows");
        tables_[t].assign(rows);
    }
}

}  // namespace slackline
