// What must hold between the nodes of a cluster file.
#pragma once

#include <vector>

#include "cluster/file/cluster_file.hpp"
#include "cluster/job/section.hpp"

namespace slackline {

/// Refuses what does not fit together in the sections' source. `sections` are those of
/// `file.nodes`, one each.
void check_nodes(toml_source& source, std::vector<toml_section>& sections,
                 const cluster_file& file);

}  // namespace slackline
