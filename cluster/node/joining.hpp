// How a node that is in no cluster file comes to belong to a cluster.
//
// Owner and thread: the node's first thread, which waits.
#pragma once

#include "actors/joined_nodes.hpp"
#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// Asks the registrar, again every second for a minute while the coordinator's node cannot be
/// reached. The file of the cluster as it is then: `node` is in it. An error where it is refused.
result<cluster_file> join(const cluster_file& file, const joined_node& node);

}  // namespace slackline
