// A node daemon: one process a node, and a small parent that starts it again after a crash.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/joined_nodes.hpp"
#include "cluster/file/cluster_file.hpp"
#include "kernels/model.hpp"

namespace slackline {

/// Runs the node at this place of the file in the foreground, until it is asked to end. Returns the
/// exit code: 143 after SIGTERM (130 after SIGINT), when its items were finished or handed back
/// and, where state of a run is here, a checkpoint was written; 1 failed; 2 usage. Call it before
/// the process has any thread.
int run_node(const cluster_file& file, std::uint32_t node, const std::vector<model_entry>& models);

/// The same for a node that is in no file: it joins the cluster of `file` first, and then is one of
/// its nodes, on this host. It is one already when it is started again.
int run_joining_node(const cluster_file& file, const joined_node& node,
                     const std::vector<model_entry>& models);

/// Runs every node of the file that is on this host, each as processes of its own, until asked to
/// end. `program`: what runs nodes that name none.
int run_up(const cluster_file& file, const std::string& program);

}  // namespace slackline
