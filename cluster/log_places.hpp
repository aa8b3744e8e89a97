// Where the logs of a run's shards and sequencer lie: <folder>/sequencer, <folder>/shard-0, ...
//
// Beside each log, <log>.lock is held by the process that has it open.
// Thread: any.
#pragma once

#include <functional>
#include <string>

#include "actors/log/log_actor.hpp"
#include "cluster/posix_storage.hpp"

namespace slackline {

/// `files` outlives the logs. `tell`: what befalls them.
std::function<log_place(address)> logs_in(posix_storage& files, std::string folder,
                                          std::uint64_t run,
                                          std::function<void(const std::string&)> tell);

}  // namespace slackline
