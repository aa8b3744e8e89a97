// The nodes of a running cluster as its coordinator counts them, for who starts with a file that
// was edited since.
//
// A JSON object on one line: "nodes", in their order, each with "name", "host", "port",
// "coordinator", "sequencer", "shard", "workers", "joined", "of_file".
// Pure; thread: any.
#pragma once

#include <string>

#include "cluster/file/cluster_file.hpp"

namespace slackline {

std::string roster_json(const cluster_file& running);

/// `own` with the nodes that the coordinator told of; device, program and place are those of `own`
/// where it has a node of that name. Malformed where that is no roster.
result<cluster_file> with_roster(cluster_file own, const std::string& told);

}  // namespace slackline
