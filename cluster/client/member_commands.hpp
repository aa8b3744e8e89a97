// The commands that change who belongs to a cluster that runs.
//
// Each returns the exit code: 0 done, 1 failed, 2 usage. Owner and thread: the main thread; each
// wait has a bound.
#pragma once

#include <string>

#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// Has the coordinator read its cluster file again, and says what that changed.
int reload_cluster(const cluster_file& file);

/// Takes a node that joined by a command out of the cluster.
int remove_node(const cluster_file& file, const std::string& node);

}  // namespace slackline
