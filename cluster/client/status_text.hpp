// What a registrar tells of its cluster, as people read it.
//
// The JSON comes from another process, perhaps of another version: a key that is absent or of
// another type is shown as "-", never an error.
// Pure; thread: any.
#pragma once

#include <string>

#include "messages/failure.hpp"

namespace slackline {

/// One line of JSON, whatever spaces it came with. Malformed where it is none.
result<std::string> one_line(const std::string& json);

/// Tables of nodes, shards, runs and their workers, and whom runs wait for.
result<std::string> status_text(const std::string& json);

/// The table of the runs alone.
result<std::string> runs_text(const std::string& json);

/// Whom this run waits for, or else its state, in a sentence; empty where nothing is known of it.
std::string what_holds_up(const std::string& json, const std::string& run);

}  // namespace slackline
