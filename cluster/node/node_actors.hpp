// The CAF actors around a node's agent and around the registrar.
//
// The agent's actor also hears that the node is asked to end; the registrar's may block, so it has
// a thread of its own.
#pragma once

#include <caf/event_based_actor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "actors/node_agent.hpp"
#include "actors/participant_actor.hpp"
#include "actors/registrar.hpp"

namespace slackline {

using leave_atom = caf::atom_constant<caf::atom("leave")>;

/// `look` is called after each step.
caf::behavior agent_actor(caf::event_based_actor* self, std::shared_ptr<node_agent> core,
                          actor_edges edges, std::function<void(const node_agent&)> look);

/// `failed` is called with the registrar's last sentence.
caf::behavior registrar_actor(caf::event_based_actor* self, std::shared_ptr<registrar> core,
                              actor_edges edges, std::function<void(const std::string&)> failed);

}  // namespace slackline
