// What stands between a job and the folder of its run: whether it may start there, and that one
// process at a time trains there.
//
// Thread: any; blocks on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "actors/checkpoint/manifest.hpp"
#include "cluster/job/job.hpp"
#include "cluster/posix_storage.hpp"

namespace slackline {

/// The wall clock, ISO 8601: what a checkpoint is stamped with.
std::string now_utc();

/// Makes the run's folder and takes it for this process until the handle is gone; refused, naming
/// the holder, while another has it.
result<std::shared_ptr<void>> hold_run_folder(posix_storage& files, const std::string& run);

/// Where in the folder of checkpoints a run of one process has its logs, until it is done. Beside
/// them a manifest says what they are of.
std::string log_folder(const job& j);

/// Whether a run goes on from the logs that it left; else, where it is to keep logs, its folder for
/// them is empty. Refused where they are of another job, or of what would do other things with
/// them: another number of shards, another optimizer.
result<bool> goes_on_from_logs(const job& j, posix_storage& files, run_identity run, bool resume);

/// Refuses a run that has checkpoints and is not resumed, and a resume of another run than `run`.
result<void> may_start(const job& j, posix_storage& files, const run_identity& run, bool resume);

}  // namespace slackline
