// The commands that talk to a running cluster through its coordinator.
//
// Each returns the exit code: 0 done or detached, 1 failed, 2 usage. Results go to stdout, errors
// to stderr.
// Owner and thread: the main thread; each wait has a bound.
#pragma once

#include <string>

#include "cluster/client/follow.hpp"
#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// Submits the job and follows its run; or, without one, follows the run of that name.
int train_on_cluster(const cluster_file& file, const std::string& run,
                     std::optional<submission> submit, report_style style);

int cancel_run(const cluster_file& file, const std::string& run);

int show_runs(const cluster_file& file, bool json);

/// `watch`: again every second, until Ctrl-C or SIGTERM.
int show_status(const cluster_file& file, bool json, bool watch);

}  // namespace slackline
