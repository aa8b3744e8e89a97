// What a command line says to the registrar, as frames.
//
// Pure; thread: any.
#pragma once

#include <string>

#include "actors/joined_nodes.hpp"
#include "actors/run_preparer.hpp"
#include "messages/frame.hpp"

namespace slackline {

frame submit_request(address from, const job_text& job, bool resume);
frame attach_request(address from, const std::string& run);
frame cancel_request(address from, const std::string& run);
/// `part`: the first copy of a shard or of the sequencer. `from`: empty for the primary's node.
frame remove_request(address sender, const std::string& node);
frame reshard_request(address sender, std::uint32_t shards);
frame move_request(address sender, address part, const std::string& to, const std::string& from);
frame join_request(address sender, const joined_node& node);
frame ask_request(address from, wire::Ask::What what);

}  // namespace slackline
