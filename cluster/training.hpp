// One training run in this process, from a job to its last checkpoint.
//
// Owner and thread: the main thread, which waits here for the end or for a signal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/injection.hpp"
#include "cluster/job/job.hpp"
#include "cluster/reporter.hpp"
#include "kernels/model.hpp"

namespace slackline {

struct train_options {
    bool resume = false;
    bool check = false;  ///< validate only
    report_style style = report_style::plain;
    std::vector<injected_kill> kills;
};

/// Returns the exit code: 0 done, 1 failed, 2 usage, 143 after SIGTERM and a saved checkpoint (130
/// after SIGINT). Reports to stdout, errors to stderr.
int train(const job& j, const train_options& options, const std::vector<model_entry>& models);

}  // namespace slackline
