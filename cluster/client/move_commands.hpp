// The commands that have parts of a run held by other nodes, or cut otherwise.
//
// Each returns the exit code: 0 done, 1 failed, 2 usage. They wait until what moves is where it is
// to be; who interrupts one leaves the move to the coordinator.
// Owner and thread: the main thread; each wait has a bound.
#pragma once

#include <string>

#include "cluster/file/cluster_file.hpp"
#include "messages/frame.hpp"

namespace slackline {

/// `part`: the first copy of a shard or of the sequencer. `from`: a node that holds it; empty: the
/// primary's.
int move_part(const cluster_file& file, address part, const std::string& to,
              const std::string& from);

/// Has the run go on in so many shards.
int reshard_run(const cluster_file& file, std::uint32_t shards);

/// Moves as many shards as bring the largest load of a node down.
int rebalance_run(const cluster_file& file);

}  // namespace slackline
