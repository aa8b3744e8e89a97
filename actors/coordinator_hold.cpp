// The coordinator: what it is told to do, and an order that is to stand.
#include <fmt/format.h>

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
            if (phase_ == phase::serving) send_control(wire::Control::GO_ON, out);
            return;
        default:
            return;  // the rest is between it and the sequencer
    }
}

// Levels: what a new life of the sequencer has forgotten, it is told again.
void coordinator::tick_hold(std::int64_t now_ms, outbox& out) {
    if (holding_ == holding::no) {
        if (held_behind_) send_control(wire::Control::GO_ON, out);
        return;
    }
    if (final_.open()) return give_up_holding("the run is about to end", out);
    if (now_ms - hold_ms_ >= settings_.cut_ms)
        return give_up_holding(
            fmt::format("{:g} s were not enough for a checkpoint of all that is ordered",
                        static_cast<double>(settings_.cut_ms) / 1'000),
            out);
    if (!held_behind_) return send_control(wire::Control::HOLD, out);
    if (published_ && *published_ >= *held_behind_) {
        holding_ = holding::held;
        return observer_.held(count_);
    }
    if (wanted_.open()) return;
    wanted_count_ = count_;  // the cut behind which it stands is on its way, and may fail
    wanted_.begin(now_ms + settings_.cut_soon_ms, settings_.cut_soon_ms);
}

void coordinator::give_up_holding(const std::string& why, outbox& out) {
    holding_ = holding::no;
    send_control(wire::Control::GO_ON, out);
    observer_.not_held(why);
}

}  // namespace slackline
