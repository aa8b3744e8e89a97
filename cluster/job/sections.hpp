// The sections of a job file, each into its part of the job.
#pragma once

#include <string>

#include "cluster/job/job.hpp"
#include "cluster/job/section.hpp"

namespace slackline {

/// Reads every section; what is wrong stands in `source` afterwards.
void read_sections(toml_source& source, const toml::table& root, const std::string& folder,
                   job& to);

}  // namespace slackline
