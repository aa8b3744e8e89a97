// How a coordinator that comes back finds out whether the era that it left is alive.
//
// A shard or a sequencer that holds the era has all of it: its memory went with no life but its
// own. So the first life of each that is heard of is taken over, and another one means a loss.
#include <fmt/format.h>

#include <algorithm>

#include "actors/coordinator.hpp"

namespace slackline {

namespace {
constexpr address sequencer_address{role::SEQUENCER, 0};

std::string name_of(address a) {
    return a == sequencer_address ? "the sequencer" : fmt::format("shard {}", a.index);
}
}  // namespace

bool coordinator::is_shard(address a) const {
    return a.role == role::SHARD && a.index < map_->shards();
}

bool coordinator::lives_complete() const {
    return sequencer_life_ != 0 &&
           std::find(shard_lives_.begin(), shard_lives_.end(), 0u) == shard_lives_.end();
}

void coordinator::begin_adopting(std::int64_t now_ms, outbox& out) {
    phase_ = phase::adopting;
    era_ = *settings_.adopt;
    if (first_era_ == 0) first_era_ = era_;
    shard_lives_.assign(map_->shards(), 0);
    sent_ms_ = now_ms;
    inquire_missing(out);
}

void coordinator::inquire(address to, outbox& out) const {
    auto b = message(to);
    b.root().initInquire();
    out.push_back({to, b.finish()});
}

void coordinator::inquire_missing(outbox& out) const {
    for (std::uint32_t s = 0; s < map_->shards(); ++s)
        if (shard_lives_[s] == 0) inquire({role::SHARD, s}, out);
    if (sequencer_life_ == 0) inquire(sequencer_address, out);
}

void coordinator::holds(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto from = read_address(m.getFrom());
    if (!is_shard(from) && from != sequencer_address) return;
    auto& known = is_shard(from) ? shard_lives_[from.index] : sequencer_life_;
    const auto life = m.getHolds().getIncarnation();
    const auto held = m.getEra();
    if (held > era_)
        return fail(fmt::format(
            "{} holds era {}, and the run's journal ends with era {}: it is not the journal of "
            "this run; set checkpoint.dir to what it was, or end all nodes and start them again",
            name_of(from), held, era_));
    if (phase_ != phase::adopting) {
        if (from == sequencer_address && known == 0 && held < era_)
            sequencer_lives(life, now_ms, out);
        return;
    }
    if (life <= known) return;  // it has answered, or this is the late word of a former life
    if (from == sequencer_address) sequencer_seen_ = std::max(sequencer_seen_, life);
    if (known != 0 || held == 0)
        return begin_era(fmt::format("{} was lost while the coordinator was away", name_of(from)),
                         now_ms, out);
    if (held < era_)
        return begin_era(fmt::format("the coordinator came back, and {} was not in era {} yet",
                                     name_of(from), era_),
                         now_ms, out);
    known = life;
    if (lives_complete()) take_over(now_ms, out);
}

void coordinator::take_over(std::int64_t now_ms, outbox& out) {
    phase_ = phase::serving;
    back_ = true;
    final_.end();
    checkpoint_ms_ = now_ms;
    for (std::uint32_t w = 0; w < settings_.workers; ++w) send_start({role::WORKER, w}, 0, out);
}

}  // namespace slackline
