// One request to the registrar, and its one answer.
#pragma once

#include <string>

#include "actors/edges.hpp"
#include "cluster/client/client_edge.hpp"

namespace slackline {

/// With the time that dialling may take, no command waits for longer than ten seconds.
constexpr std::int64_t answer_limit_ms = 4'500;

/// The JSON that the registrar tells; empty where it only agrees. An error where it declines, where
/// the connection ends, and where it has not answered in time; `node` is named then.
result<std::string> answer_to(const frame& request, client_edge& edge, const clock_edge& clock,
                              const std::string& node);

/// What a registrar says that declines.
failure read(wire::Declined::Reader declined);

}  // namespace slackline
