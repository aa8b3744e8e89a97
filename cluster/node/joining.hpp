// How a node learns what the cluster is that it belongs to, or joins.
//
// Owner and thread: the node's first thread, which waits.
#pragma once

#include "actors/joined_nodes.hpp"
#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// Asks the registrar, again every second for a minute while the coordinator's node cannot be
/// reached. The file of the cluster as it is then: `node` is in it. An error where it is refused.
result<cluster_file> join(const cluster_file& file, const joined_node& node);

/// The cluster with its nodes as the coordinator counts them, which may have been started with
/// another file; `file` itself where the coordinator is away. Waits for a minute until the node
/// belongs to it; mismatch then.
result<cluster_file> running_cluster(const cluster_file& file, const std::string& node);

/// Whether the coordinator is there and counts the nodes otherwise. Waits for some seconds at most.
bool is_counted_otherwise(const cluster_file& known);

}  // namespace slackline
