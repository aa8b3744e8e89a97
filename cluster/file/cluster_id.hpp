// What tells two cluster files apart that do not belong together.
// Pure; thread: any.
#pragma once

#include <string>

#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// The cluster's name and a checksum over what placement reads: the nodes, in order, with their
/// names, roles and workers.
std::string cluster_id(const cluster_file& file);

}  // namespace slackline
