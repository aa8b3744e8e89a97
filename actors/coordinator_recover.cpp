// How a part of a run that has lost its memory goes on: from its log, or all of the run from its
// newest checkpoint, in a new era.
#include <fmt/format.h>

#include <algorithm>

#include "actors/coordinator.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

bool coordinator::complete() const {
    return sequencer_life_ != 0 &&
           std::find(shard_lives_.begin(), shard_lives_.end(), 0u) == shard_lives_.end();
}

// A new life, without memory.
void coordinator::came_back(address who, std::uint64_t life, std::int64_t now_ms, outbox& out) {
    if (is_sequencer(who)) sequencer_seen_ = std::max(sequencer_seen_, life);
    if (settings_.logged) return recover(who, life, now_ms, out);
    begin_era(
        part_name(who) + (phase_ == phase::adopting ? " was lost while the coordinator was away"
                                                    : " was lost and came back"),
        now_ms, out);
}

// Before all of an era is restored, nothing was acknowledged in it: it begins once more.
void coordinator::recover(address who, std::uint64_t life, std::int64_t now_ms, outbox& out) {
    if (phase_ == phase::restoring)
        return begin_era(part_name(who) + " was lost and came back", now_ms, out);
    if (recovering_.empty()) {
        auto state = store_.newest_of(era_);
        if (!state)
            return begin_era(
                fmt::format("{} was lost, and {}", part_name(who), state.error().sentence), now_ms,
                out);
        state_ = std::move(*state);
        if (!note_state()) return;
        restores_.assign(map_->shards(), {});
    }
    (is_sequencer(who) ? sequencer_life_ : shard_lives_[who.index]) = 0;
    if (is_shard(who)) restores_[who.index] = {};
    recovering_[who] = life;
    in_flight_ms_.reset();  // what it had of a cut is gone with it
    if (wanted_.open()) wanted_.begin(now_ms, settings_.cut_soon_ms);
    sent_ms_ = now_ms;
    observer_.happened(part_name(who) + " was lost; it goes on from its log");
    send_recoveries(out);
}

void coordinator::send_recoveries(outbox& out) {
    for (const auto& [who, life] : recovering_)
        if (is_sequencer(who))
            send_start(who, life, true, out);
        else
            send_restore(who.index, out);
}

void coordinator::recovered(std::int64_t now_ms, outbox& out) {
    if (has_copies()) settle(now_ms, out);
    if (!recovering_.empty()) return;
    state_.reset();
    if (phase_ == phase::adopting && !has_copies() && complete()) take_over(now_ms, out);
}

void coordinator::lost(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto from = read_address(m.getFrom());
    if (has_copies() && recovering_.contains(from) && list_of(from).was_in_vain(from.copy)) {
        recovering_.erase(from);
        observer_.warned(
            fmt::format("{}; another copy's log is tried", m.getLost().getSentence().cStr()));
        return settle(now_ms, out);
    }
    if (leads(from) || recovering_.contains(from))
        begin_era(m.getLost().getSentence().cStr(), now_ms, out);
}

// Logs are needed as far back as the oldest checkpoint that is kept.
void coordinator::tell_what_is_kept(const ledger_state& ledger, outbox& out) {
    if (!settings_.logged || (!kept_.empty() && ledger.position <= kept_.back())) return;
    kept_.push_back(ledger.position);
    if (kept_.size() > settings_.keep) kept_.pop_front();
    if (kept_.size() < settings_.keep || !recovering_.empty()) return;  // these need an older one
    const auto tell = [&](address to) {
        for (to.copy = 0; to.copy < settings_.places; ++to.copy) {
            auto b = message(to);
            b.root().initKept().setPosition(kept_.front());
            out.push_back({to, b.finish()});
        }
    };
    for (std::uint32_t s = 0; s < map_->shards(); ++s) tell({role::SHARD, s});
    tell({role::SEQUENCER, 0});
}

}  // namespace slackline
