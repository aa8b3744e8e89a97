// The CAF actor around a supervisor's decisions.
//
// It holds its children strongly and monitors them; it ends with an error when it gives up, so that
// its own supervisor (or whoever monitors it) learns of it, and stops its children in reverse order
// when it is asked to exit. A supervisor can be another's child; one that is killed takes its
// children along.
// Owner and thread: the observer is called on the supervisor's thread.
#pragma once

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "actors/edges.hpp"
#include "actors/supervision.hpp"

namespace slackline {

struct child_spec {
    child_rule rule;
    std::function<caf::actor(caf::event_based_actor* supervisor)> start;  ///< may throw
};

/// What a supervisor tells of its children: "worker 1 ended: ...; it is started again".
using supervision_observer = std::function<void(const std::string& sentence)>;

struct supervisor_spec {
    slackline::strategy strategy = slackline::strategy::one_for_one;
    std::uint32_t restarts_max = 3;
    std::int64_t period_ms = 5'000;
    std::vector<child_spec> children;
    supervision_observer observer;
};

caf::behavior supervisor_actor(caf::event_based_actor* self, supervisor_spec spec,
                               const clock_edge* clock);

}  // namespace slackline
