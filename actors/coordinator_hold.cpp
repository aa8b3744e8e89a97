// The coordinator: what it is told to do, and an order that is to stand.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/coordinator.hpp"

namespace slackline {

void coordinator::told(wire::Control::Reader c, std::int64_t now_ms, outbox& out) {
    switch (c.which()) {
        case wire::Control::CHECKPOINT:  // whatever becomes of this era, it stays asked for
            if (holding_ == holding::held) return;
            wanted_.begin(now_ms, settings_.cut_soon_ms);
            wanted_count_ = count_;
            return ask_for_cuts(now_ms, out);
        case wire::Control::HOLD:
            if (holding_ != holding::no) return;
            holding_ = holding::wanted;
            hold_ms_ = now_ms;
            if (phase_ == phase::serving) tick_hold(now_ms, out);
            return;
        case wire::Control::GO_ON:
            holding_ = holding::no;
            return release(out);
        default:
            return;  // the rest is between it and the sequencer
    }
}

// Each hold has a cut of its own, so a word of one that is over is known by its cut, and one of
// which no word had come yet by what is said before the sequencer goes on.
void coordinator::note_hold(bool held, std::uint64_t behind) {
    if (!held) releasing_ = false;
    if (held && releasing_) over_behind_ = std::max(over_behind_.value_or(0), behind);
    holds_for_nobody_ = held && over_behind_ && behind <= *over_behind_;
    held_behind_ = held && !holds_for_nobody_ ? std::optional(behind) : std::nullopt;
    if (has_copies()) held_under_ = lists_.back().leads_since();
}

void coordinator::release(outbox& out) {
    if (held_behind_) over_behind_ = std::exchange(held_behind_, std::nullopt);
    if (phase_ != phase::serving) return;
    releasing_ = true;
    send_control(wire::Control::GO_ON, out);
}

// Levels: what a new life of the sequencer has forgotten, it is told again.
void coordinator::tick_hold(std::int64_t now_ms, outbox& out) {
    if (holds_for_nobody_ || (holding_ == holding::no && held_behind_)) return release(out);
    if (holding_ == holding::no || releasing_) return;
    if (final_.open()) return give_up_holding("the run is about to end", out);
    if (now_ms - hold_ms_ >= settings_.cut_ms)
        return give_up_holding(
            fmt::format("{:g} s were not enough for a checkpoint of all that is ordered",
                        static_cast<double>(settings_.cut_ms) / 1'000),
            out);
    if (!order_stands()) return send_control(wire::Control::HOLD, out);
    if (published_ && *published_ >= *held_behind_) {
        holding_ = holding::held;
        return observer_.held(count_);
    }
    if (wanted_.open()) return;
    wanted_count_ = count_;  // the cut behind which it stands is on its way, and may fail
    wanted_.begin(now_ms + settings_.cut_soon_ms, settings_.cut_soon_ms);
}

// Nobody else may order since it was said: whoever takes over from that sequencer, or comes back as
// a new life of it, knows of no hold, and orders only what is asked from here first.
bool coordinator::order_stands() const {
    if (!held_behind_ || !recovering_.empty()) return false;
    if (!has_copies()) return true;
    const auto& list = lists_.back();
    return list.leader() && list.leads_since() == held_under_;
}

void coordinator::give_up_holding(const std::string& why, outbox& out) {
    holding_ = holding::no;
    release(out);
    observer_.not_held(why);
}

}  // namespace slackline
