// A job from the text that went to the cluster.
//
// Pure; thread: any.
#pragma once

#include "actors/run_preparer.hpp"
#include "cluster/job/job.hpp"

namespace slackline {

/// Where overrides name one key twice the later one counts.
result<job> job_of(const job_text& from);

}  // namespace slackline
