// What an edited cluster file changes in the cluster that runs.
//
// Pure; thread: any.
#pragma once

#include <set>
#include <string>

#include "actors/registrar.hpp"
#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// `running`: the file that the cluster was started with, and who joined since. Nodes that joined
/// by a command are not looked for in the edited file. Usage, with the line and what to do, where
/// anything but nodes that come or go has changed.
result<file_change> change_between(const cluster_file& running, const cluster_file& edited,
                                   const std::set<std::string>& removed);

}  // namespace slackline
