// The thin CAF actor around a participant: it moves frames and ticks, and decides nothing.
//
// Owner and thread: the participant belongs to its actor. The edges outlive it.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <functional>
#include <memory>

#include "actors/edges.hpp"
#include "actors/participant.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slackline::frame)

namespace slackline {

using tick_atom = caf::atom_constant<caf::atom("tick")>;
using drain_atom = caf::atom_constant<caf::atom("drain")>;  ///< its node is asked to end

struct actor_edges {
    link_edge& link;
    clock_edge& clock;
    std::int64_t heartbeat_ms = 200;
};

/// Handlers that every actor of the house sets: a message nobody expects is dropped, an exit ends
/// the actor with its reason, an exception ends it with its sentence.
void set_house_handlers(caf::event_based_actor* self);

void send_all(outbox& out, link_edge& link);

/// The handlers of an actor that drives `core`. `after` is called after each thing it did.
caf::message_handler driven(caf::event_based_actor* self, std::shared_ptr<participant> core,
                            actor_edges edges, std::function<void()> after);

caf::behavior participant_actor(caf::event_based_actor* self, std::shared_ptr<participant> core,
                                actor_edges edges);

}  // namespace slackline
