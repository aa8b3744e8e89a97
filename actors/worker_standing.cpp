// Whether a worker takes part: how it joins, leaves, is cut off and comes back.
#include <fmt/format.h>

#include <algorithm>

#include "actors/worker.hpp"

namespace slackline {

void worker::begin_era(std::uint64_t era, std::int64_t now_ms, outbox& out) {
    era_ = era;
    answer_for_.begin_era();
    if (at_ != standing::cut_off) return join_anew(out);
    reached_.assign(map_->shards(), false);
    probe(now_ms, out);
}

// Who drains has nothing to join for: its items are the sequencer's again.
void worker::join_anew(outbox& out) {
    forget_items();
    if (at_ == standing::draining) {
        at_ = standing::drained;
        return;
    }
    at_ = standing::working;
    incarnation_ = incarnations_.next();
    const auto sequencer = answer_for_.sequencer();
    auto b = message(sequencer);
    b.root().initJoin().setIncarnation(incarnation_);
    send(b, sequencer, out);
}

void worker::forget_items() {
    for (auto& [item, o] : open_)
        if (o.cancelled) *o.cancelled = true;
    open_.clear();
    leases_closed_.clear();
    withdrawn_.clear();
}

void worker::drain(outbox& out) {
    if (at_ == standing::drained) return;
    const bool joined = era_ != 0 && at_ != standing::cut_off;
    at_ = joined ? standing::draining : standing::drained;
    if (joined && open_.empty()) leave(out);
}

// Nothing of it counts any more but what it has committed. Should this be lost, its silence says
// the same.
void worker::leave(outbox& out) {
    forget_items();
    if (at_ == standing::draining) at_ = standing::drained;
    const auto sequencer = answer_for_.sequencer();
    auto b = message(sequencer);
    b.root().initLeave().setIncarnation(incarnation_);
    send(b, sequencer, out);
}

// A commit that was said again and again stands without its worker: it may wait for an item that is
// leased to this worker and will not be opened.
void worker::leave_when_drained(std::int64_t now_ms, outbox& out) {
    const auto over = [&](const auto& open) {
        return open.second.at == stage::committing &&
               now_ms - open.second.since_ms >= settings_.unreachable_ms;
    };
    if (std::all_of(open_.begin(), open_.end(), over)) leave(out);
}

bool worker::owes_answer(const open_item& o, std::uint32_t shard) const {
    return (o.at == stage::pulling && !o.pulled[shard]) ||
           (o.at == stage::pushing && !o.landed[shard]);
}

std::optional<std::uint32_t> worker::unreachable(std::int64_t now_ms) const {
    for (const auto& [item, o] : open_)
        for (std::uint32_t s = 0; s < map_->shards(); ++s)
            if (owes_answer(o, s) &&
                now_ms - std::max(o.since_ms, heard_ms_[s]) >= settings_.unreachable_ms)
                return s;
    return std::nullopt;
}

void worker::give_back(std::uint32_t shard, std::int64_t now_ms, outbox& out) {
    if (tell_)
        tell_(fmt::format("worker {} cannot reach shard {} for {:.1f} s; its items are handed back",
                          settings_.index, shard,
                          static_cast<double>(settings_.unreachable_ms) / 1000));
    if (at_ == standing::draining) return leave(out);
    at_ = standing::cut_off;
    reached_.assign(map_->shards(), false);
    probe(now_ms, out);
}

// The sequencer is told again that nothing is worked on here; if a new era has begun, it says so.
void worker::probe(std::int64_t now_ms, outbox& out) {
    probed_ms_ = now_ms;
    leave(out);
    for (std::uint32_t s = 0; s < map_->shards(); ++s)
        if (!reached_[s]) inquire(s, out);
}

void worker::inquire(std::uint32_t shard, outbox& out) const {
    const auto to = answer_for_.shard(shard);
    auto b = message(to);
    b.root().initInquire();
    send(b, to, out);
}

// Whatever a shard says, of whichever era: it is within reach. To join, all must be in this era.
void worker::note_word_of_shard(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto shard = m.getFrom().getIndex();
    if (shard >= map_->shards()) return;
    heard_ms_[shard] = now_ms;
    if (at_ != standing::cut_off || !m.isHolds() || m.getEra() != era_) return;
    reached_[shard] = true;
    if (!std::all_of(reached_.begin(), reached_.end(), [](bool r) { return r; })) return;
    if (tell_)
        tell_(fmt::format("worker {} reaches every shard again and joins anew", settings_.index));
    join_anew(out);
}

}  // namespace slackline
