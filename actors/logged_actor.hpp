// The CAF actor around a participant that keeps a log: moves its frames, its ticks and what its log
// says.
#pragma once

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <functional>
#include <memory>

#include "actors/logged_participant.hpp"
#include "actors/participant_actor.hpp"

namespace slackline {

/// `log`: null where nothing is logged; then the participant gets no edge to one.
using logged_participant_maker = std::function<std::shared_ptr<logged_participant>(log_edge* log)>;

caf::behavior logged_actor(caf::event_based_actor* self, logged_participant_maker make,
                           caf::actor log, actor_edges edges);

}  // namespace slackline
