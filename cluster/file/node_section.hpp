// One [[node]] of a cluster file.
#pragma once

#include <string>

#include "cluster/file/cluster_file.hpp"
#include "cluster/job/section.hpp"

namespace slackline {

/// Reads the section, each key on its own; what is wrong is refused in the section's source.
/// `folder` is the file's.
cluster_node read_node(toml_section& section, const std::string& folder);

/// Whether a cluster or a node may bear this name: of letters, digits, '-', '_' and '.', the first
/// no '.'.
bool fit_name(const std::string& name);

/// A relative path as one that starts at `folder`, without a '/' at its end.
std::string path_from(const std::string& folder, const std::string& path);

}  // namespace slackline
