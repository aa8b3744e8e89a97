// Which of two things that a registrar said is the newer one, whatever way they took.
//
// An Assign carries its order in its header: `era` is the registrar's life, `run` the step, counted
// through that life; each change of what is to be held is a step. A NodeState carries the newest
// order that the node has followed, so that the registrar knows when no older one can take effect
// there any more.
// Pure; thread: any.
#pragma once

#include <compare>
#include <cstdint>

#include "messages/frame.hpp"

namespace slackline {

struct assignment_order {
    std::uint64_t life = 0;
    std::uint64_t step = 0;
    auto operator<=>(const assignment_order&) const = default;
};

inline assignment_order read_order(wire::Message::Reader m) {
    return {m.getEra(), m.getRun()};
}

inline frame_builder ordered_message(address from, address to, assignment_order order) {
    return {from, to, order.step, order.life};
}

}  // namespace slackline
