// Which connection carries a message, and which messages a command line may send.
//
// Pure; thread: any.
#pragma once

#include "messages/frame.hpp"

namespace slackline {

wire::Lane lane_of(wire::Message::Which kind);

/// Whether it is one of those that a registrar answers.
bool is_request(wire::Message::Which kind);

}  // namespace slackline
