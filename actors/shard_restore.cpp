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

void shard::restore(const frame& f, wire::Message::Reader m, outbox& out) {
    const auto from = read_address(m.getFrom());
    const auto r = m.getRestore();
    if (m.getEra() < era_) {
        if (from.role == role::COORDINATOR) tell_what_it_holds(from, out);
        return;
    }
    if (r.getIncarnation() != 0 && r.getIncarnation() != settings_.incarnation) return;
    const bool filled = r.hasFilling();
    const bool news =
        filled ? log_.copies().is_news(m.getEra(), r.getFilling()) : m.getEra() > era_;
    if (news) {
        restore_state(m);
        named_ = r.getIncarnation() != 0 && !filled;
        filled_by_ = filled ? f : frame();
        log_.copies().begin_era(era_);
        filled ? log_.begin_anew() : log_.read_all(era_);
    }
    if (log_.reading()) return;
    if (filled_by_) return end_filling(out);
    if (!filled) return tell_of_restore(from, out);
    if (!log_.leads()) log_.send(log_.copies().appended_message(from), out);
}

void shard::restore_state(wire::Message::Reader m) {
    const auto r = m.getRestore();
    landed_.clear();
    fenced_.clear();
    pending_.clear();
    parked_.clear();
    answers_.clear();
    closed_ = ledger(read(r.getLedger()));
    restore_dense(r);
    restore_tables(r);
    count_ = r.getCount();
    era_ = m.getEra();
    started_ = gap_ = false;
    lost_.clear();
    next_ = r.getLedger().getPosition();
    digest_.begin();
}

// Its memory is not what others hold it for.
void shard::begin_life() {
    settings_.incarnation = settings_.next_life();
    era_ = 0;
    log_.begin_life(settings_.incarnation);
    hold_nothing();
}

// Its memory is free for others then.
void shard::hold_nothing() {
    parked_.clear();
    answers_.clear();
    landed_.clear();
    pending_.clear();
    filled_by_ = {};
    current_.reset();
    state_.clear();
    pool_ = std::make_unique<buffer_pool>(map_->slice_floats(settings_.index),
                                          settings_.parameter_buffers);
    tables_.clear();
    const auto& specs = map_->layout().tables;
    for (std::size_t t = 0; t < specs.size(); ++t)
        tables_.emplace_back(specs[t], t, settings_.seed, settings_.optimizer);
}

std::uint64_t shard::state_bytes() const {
    std::uint64_t floats = map_->slice_floats(settings_.index) * (1 + state_.size());
    for (const auto& t : tables_)
        t.visit([&](std::span<const float> all) { floats += all.size(); });
    return sizeof(float) * floats;
}

// What it lacks of its primary's frames comes in their order.
void shard::end_filling(outbox& out) {
    const auto by = std::exchange(filled_by_, {});
    frame_reader reader(by);
    const auto filling = reader.root().getRestore().getFilling();
    log_.copies().begin_as_copy(era_, filling);
    take_fences(filling);
    log_.mark(by);  // what is older is not in the log
    started_ = true;
    log_.send(log_.copies().appended_message(by.envelope().from), out);
}

void shard::handle(const logged& l, std::int64_t, outbox& out) {
    log_.note(l, out);
}

void shard::handle(const logged_part& part, std::int64_t, outbox& out) {
    const auto again = [&](const frame& f, std::uint64_t position) { replay(f, position, out); };
    if (!log_.take(part, again)) return;
    filled_by_ ? end_filling(out) : end_replay(out);
}

void shard::take_fences(wire::Filling::Reader filling) {
    for (auto f : filling.getFences()) take(fence{{f.getWorker(), f.getIncarnation()}, {}});
}

// As it was taken in a former life, without what was answered. What was refused is not in the log.
void shard::replay(const frame& f, std::uint64_t position, outbox& out) {
    frame_reader reader(f);
    const auto m = reader.root();
    if (m.isRestore()) {  // a primary's, and perhaps older than the checkpoint
        if (m.getRestore().getLedger().getPosition() >= next_) restore_state(m);
        return take_fences(m.getRestore().getFilling());
    }
    if (m.isRecords()) {
        hold(m.getRecords(), position);
        return advance(out);
    }
    if (!m.isPush()) return;
    const auto key = key_of(m);
    withdraw(key.from, m.getPush());
    auto slice = slice_of(f, m.getPush());
    if (!slice || closed_.closed(key.item)) return;
    slice->logged = position;
    landed_.emplace(key, std::move(*slice));
}

// A restore that names this life is of an era that a former life began: the log has it.
void shard::end_replay(outbox& out) {
    if (!log_.found() && !named_) {
        log_.mark(restored_message(self()));
    }
    if (!gap_ && log_.found() >= named_) return tell_of_restore({role::COORDINATOR, 0}, out);
    if (named_)
        return lose(
            fmt::format(
                "the log of shard {} does not go on where its checkpoint ends: it was damaged",
                settings_.index),
            out);
    era_ = 0;  // it came late: the log goes back to a newer state only
}

frame shard::restored_message(address to) const {
    frame_builder b = reply(to);
    b.root().initRestored().setIncarnation(settings_.incarnation);
    return b.finish();
}

void shard::tell_of_restore(address to, outbox& out) {
    log_.send({to, restored_message(to)}, out);
}

void shard::restore_dense(wire::Restore::Reader r) {
    current_.reset();
    current_ = pool_->try_acquire();
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
