// A cluster file with the nodes that have joined since it was written.
//
// Pure; thread: any.
#pragma once

#include <vector>

#include "actors/joined_nodes.hpp"
#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// The nodes that joined stand behind those of `file`, in their order. Usage, with the node and
/// what to do, where one of them does not fit the file or the others.
result<cluster_file> grown(cluster_file file, const std::vector<joined_node>& joined);

}  // namespace slackline
