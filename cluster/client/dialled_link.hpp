// A client's edge on a real link.
#pragma once

#include "cluster/client/client_edge.hpp"
#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// Dials the coordinator's node of this file; `file` must outlive it.
client_dialler dial_coordinator(const cluster_file& file);

}  // namespace slackline
