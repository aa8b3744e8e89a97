// N3 from the outside: what the logs on the disk and a checkpoint come to, by the scalar replayer
// and nothing of the shards.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/checkpoint_store.hpp"
#include "actors/log/write_ahead_log.hpp"
#include "actors/wire_order.hpp"
#include "tests/sim/pushed_gradients.hpp"

namespace slackline {

class log_replay {
public:
    log_replay(std::shared_ptr<const shard_map> map, std::uint64_t era)
        : era_(era), pushed_(std::move(map)) {}

    /// All records of one log, of a shard or of the sequencer. What was found wrong; empty:
    /// nothing.
    std::string read(storage& disk, const std::string& folder, log_identity id,
                     std::uint64_t segment_bytes);

    /// Brings the replayer from the sum of `position` entries of the stream to that of all. Why it
    /// cannot; empty: it has.
    std::string replay(replayer& to, std::uint64_t position) const;

private:
    std::string take(const frame& f, address owner);

    std::uint64_t era_;
    pushed_gradients pushed_;
    std::map<std::uint64_t, std::string> bytes_;     ///< of the stream's entries, by position
    std::map<std::uint64_t, apply_record> applied_;  ///< by position
};

}  // namespace slackline
