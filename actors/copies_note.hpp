// The lists of those in sync, as a line of the run's journal.
//
// A part: its term, ":", then a member each as copy=incarnation, separated by ","; parts are
// separated by a blank: first the shards, then the sequencer.
//
//   3:0=1017,1=1022 1:0=1018 2:1=1023
//
// Pure; thread: any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/copy_list.hpp"

namespace slackline {

std::string write_notes(const std::vector<copy_list::note>& parts);

/// None: it is not such a line of so many parts.
std::optional<std::vector<copy_list::note>> read_notes(const std::string& line, std::size_t parts);

}  // namespace slackline
