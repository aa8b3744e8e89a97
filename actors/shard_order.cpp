// The order as a shard takes it: records held, applied, cut, and what they let it forget.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "actors/shard.hpp"
#include "actors/shard_state.hpp"
#include "kernels/parameters.hpp"

namespace slackline {

void shard::take_records(const frame& f, wire::Message::Reader m, outbox& out) {
    const auto r = m.getRecords();
    if (hold(r, log_.next())) log_.append(f, urgency::can_wait, out);
    advance(out);
    const auto sequencer = read_address(m.getFrom());
    frame_builder b = reply(sequencer);
    auto held = b.root().initRecordsHeld();
    held.setNext(next_);
    held.setIncarnation(settings_.incarnation);
    held.setTerm(log_.copies().led_since());
    held.setSequencer(r.getIncarnation());
    log_.send({sequencer, b.finish()}, out);
}

// Whether there was anything new. Of what is known already, or is in the state that was restored,
// a log that is read again still tells what to forget.
bool shard::hold(wire::Records::Reader r, std::uint64_t logged_at) {
    const auto before = next_;
    std::uint64_t position = r.getFirst();
    if (log_.reading() && position > next_) gap_ = true;
    for (auto wire_record : r.getRecords()) {
        const auto at = position++;
        if (log_.reading() && at < next_) {
            const auto entry = read(wire_record);
            if (const auto* f = std::get_if<fence>(&entry)) take(*f);
            if (const auto* d = std::get_if<drop>(&entry)) take(*d);
        }
        if (at != next_ || (pending_.size() >= settings_.records_max && !repeats())) continue;
        pending_.push_back({read(wire_record), logged_at});
        ++next_;
    }
    return next_ != before;
}

// Applies what is held, in order, until a version buffer is missing: then the rest waits for one
// to come back from a pull.
void shard::advance(outbox& out) {
    for (; !pending_.empty() && lost_.empty(); pending_.pop_front()) {
        const auto& entry = pending_.front().what;
        if (const auto* a = std::get_if<apply_record>(&entry)) {
            if (!take(*a, out)) break;
        } else if (const auto* s = std::get_if<skip_record>(&entry)) {
            closed_.skip(s->item);
            forget_item(s->item);
        } else if (const auto* c = std::get_if<cut_record>(&entry)) {
            take(*c, pending_.front().logged, out);
        } else if (const auto* f = std::get_if<fence>(&entry)) {
            take(*f);
        } else if (const auto* d = std::get_if<drop>(&entry)) {
            take(*d);
        }
    }
    answer_parked(out);
}

// Where nobody reads the current version any more, the next one takes its place: half of what an
// apply writes is then in the cache. Nobody else can come to it meanwhile, for all who read it got
// it from here.
std::shared_ptr<buffer> shard::next_version() const {
    if (current_.use_count() > 1) return pool_->try_acquire();
    std::atomic_thread_fence(std::memory_order_acquire);  // with the last reader's release
    return current_;
}

bool shard::take(const apply_record& r, outbox& out) {
    if (r.count != count_ + 1)
        throw std::runtime_error(fmt::format("shard {} holds count {} and was told to make {}",
                                             settings_.index, count_, r.count));
    const auto next = next_version();
    if (!next) return false;
    std::vector<weighted_slice> slices;
    std::vector<std::vector<row_gradients>> rows(tables_.size());
    for (const auto& i : r.items) {
        const auto slice = landed_.find({i.item, i.from, i.attempt});
        if (slice == landed_.end() || slice->second.base != i.base) {
            lose(fmt::format("shard {} was told to apply item {} of worker {}, which it does not "
                             "hold",
                             settings_.index, i.item, i.from.worker),
                 out);
            return false;
        }
        if (i.base > count_ || (settings_.staleness && count_ - i.base > *settings_.staleness))
            throw std::runtime_error(fmt::format(
                "item {} with base {} breaks the bound at count {}", i.item, i.base, count_));
        slices.push_back({slice->second.dense, i.clip});
        for (std::size_t t = 0; t < tables_.size(); ++t) {
            rows[t].push_back(slice->second.tables[t]);
            rows[t].back().clip = i.clip;
        }
    }
    std::vector<float*> state;
    for (auto& s : state_) state.push_back(s.data());
    apply(settings_.optimizer, r.scalars, slices, r.divisor, map_->slice_floats(settings_.index),
          current_->data(), next->data(), state);
    for (std::size_t t = 0; t < tables_.size(); ++t)
        tables_[t].apply(r.scalars, rows[t], r.divisor);
    current_ = next;
    ++count_;
    note_digest();
    for (const auto& i : r.items) {
        closed_.apply(i.item);
        forget_item(i.item);
    }
    return true;
}

void shard::forget_item(item_id item) {
    const auto begin = landed_.lower_bound({item, {}, 0});
    auto end = begin;
    while (end != landed_.end() && end->first.item == item) ++end;
    landed_.erase(begin, end);
}

// What it lacks it once held, or another's order is followed here: only a new era helps. A copy
// that is not what its primary is begins anew.
void shard::lose(const std::string& sentence, outbox& out) {
    if (log_.copies().follows()) throw std::runtime_error(sentence);
    lost_ = sentence;
    tell_lost(out);
}

void shard::tell_lost(outbox& out) const {
    const address coordinator{role::COORDINATOR, 0};
    frame_builder b = reply(coordinator);
    b.root().initLost().setSentence(lost_);
    out.push_back({coordinator, b.finish()});
}

void shard::take(const fence& f) {
    auto& last = fenced_[f.who.worker];
    last = std::max(last, f.who.incarnation);
    std::erase_if(landed_, [&](const auto& l) {
        return l.first.from.worker == f.who.worker &&
               l.first.from.incarnation <= f.who.incarnation &&
               std::find(f.keep.begin(), f.keep.end(), l.first.item) == f.keep.end();
    });
}

void shard::take(const drop& d) {
    landed_.erase({d.item, d.who, d.attempt});
}

void shard::take(const cut_record& r, std::uint64_t logged_at, outbox& out) {
    if (r.count != count_)
        throw std::runtime_error(fmt::format("shard {} holds count {} and was told to cut at {}",
                                             settings_.index, count_, r.count));
    auto needed = logged_at;
    for (const auto& [key, slice] : landed_) needed = std::min(needed, slice.logged);
    if (r.purpose.checkpoint) log_.note_cut(next_ - pending_.size() + 1, needed);
    if (repeats()) return;  // its snapshot left already, or the cut is placed again
    if (r.purpose.checkpoint) snapshot(r, role::CHECKPOINTER, out);
    if (r.purpose.evaluate) snapshot(r, role::EVALUATOR, out);
}

void shard::snapshot(const cut_record& r, role to, outbox& out) const {
    frame_builder b = reply({to, 0});
    auto snapshot = b.root().initSnapshot();
    write(snapshot.initCut(), r);
    write_state(b, snapshot, to == role::CHECKPOINTER);
    out.push_back({{to, 0}, b.finish()});
}

}  // namespace slackline
