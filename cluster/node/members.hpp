// What the registrar and the preparer of runs know of a cluster's nodes.
//
// Pure; thread: any.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/cluster_member.hpp"
#include "cluster/file/cluster_file.hpp"
#include "cluster/node/job_preparer.hpp"

namespace slackline {

/// Each node, and what of a run of so many shards may be on it; 0: as many as the file has.
std::vector<cluster_member> members_of(const cluster_file& file, std::uint32_t shards);

cluster_shape shape_of(const cluster_file& file);

}  // namespace slackline
