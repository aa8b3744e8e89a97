// How a coordinator that comes back finds out whether the era that it left is alive.
//
// A shard or a sequencer that holds the era has all of it: its memory went with no life but its
// own. So the first life of each that is heard of is taken over, and another one means a loss.
#include <fmt/format.h>

#include <algorithm>

#include "actors/coordinator.hpp"

namespace slackline {

bool coordinator::is_shard(address a) const {
    return a.role == role::SHARD && a.index < map_->shards() && a.copy < settings_.places;
}

bool coordinator::is_sequencer(address a) const {
    return a.role == role::SEQUENCER && a.index == 0 && a.copy < settings_.places;
}

void coordinator::begin_adopting(std::int64_t now_ms, outbox& out) {
    phase_ = phase::adopting;
    era_ = *settings_.adopt;
    if (first_era_ == 0) first_era_ = era_;
    shard_lives_.assign(map_->shards(), 0);
    sent_ms_ = now_ms;
    has_copies() ? adopt_lists(now_ms, out) : inquire_missing(out);
}

void coordinator::inquire(address to, outbox& out) const {
    auto b = message(to);
    b.root().initInquire();
    out.push_back({to, b.finish()});
}

void coordinator::inquire_missing(outbox& out) const {
    if (has_copies()) return;  // they say it without being asked
    for (std::uint32_t s = 0; s < map_->shards(); ++s)
        if (const address a{role::SHARD, s}; shard_lives_[s] == 0 && !recovering_.contains(a))
            inquire(a, out);
    if (sequencer_life_ == 0 && !recovering_.contains(sequencer())) inquire(sequencer(), out);
}

void coordinator::holds(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto from = read_address(m.getFrom());
    if (!is_shard(from) && !is_sequencer(from)) return;
    auto& known = is_shard(from) ? shard_lives_[from.index] : sequencer_life_;
    const auto life = m.getHolds().getIncarnation();
    const auto held = m.getEra();
    if (held > era_) return fail_of_newer(from, held);
    if (has_copies()) return;
    if (phase_ != phase::adopting) {
        if (is_sequencer(from) && known == 0 && held < era_) sequencer_lives(life, now_ms, out);
        return;
    }
    if (life <= known) return;  // it has answered, or this is the late word of a former life
    if (const auto r = recovering_.find(from); r != recovering_.end() && r->second >= life) return;
    if (known != 0 || held == 0) return came_back(from, life, now_ms, out);
    if (held < era_)
        return begin_era(fmt::format("the coordinator came back, and {} was not in era {} yet",
                                     part_name(from), era_),
                         now_ms, out);
    known = life;
    if (complete()) take_over(now_ms, out);
}

void coordinator::fail_of_newer(address who, std::uint64_t era) {
    fail(fmt::format(
        "{} holds era {}, and the run's journal ends with era {}: it is not the journal of this "
        "run; set checkpoint.dir to what it was, or end all nodes and start them again",
        part_name(who), era, era_));
}

void coordinator::take_over(std::int64_t now_ms, outbox& out) {
    phase_ = phase::serving;
    back_ = true;
    final_.end();
    checkpoint_ms_ = now_ms;
    start_workers(out);
}

}  // namespace slackline
