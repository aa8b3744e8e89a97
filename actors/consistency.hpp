// The five settings that give every protocol between synchronous and asynchronous SGD.
//
// The sequencer gathers `aggregate` admitted gradients into one update, which divides by their
// actual number. Presets name the well-known combinations:
//   bsp         synchronous SGD
//   ssp         stale synchronous parallel (Ho et al. 2013)
//   bounded     bounded delay, nothing wasted
//   async       no bound
//   ringmaster  Ringmaster ASGD (Maranjyan et al. 2025), threshold R = staleness + 1
//   rennala     Rennala SGD (Tyurin and Richtarik 2023)
//   backup      backup workers / m-Sync (Chen et al. 2016)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/failure.hpp"

namespace slackline {

/// What keeps the bound on staleness.
enum class late_policy {
    wait,       ///< a commit is held until it endangers no other; nothing is wasted
    recompute,  ///< over the bound: refused, the item is leased again
    skip,       ///< over the bound: refused, recorded as skipped
};

/// What a commit's acknowledgement means (the run's level).
enum class ack_level {
    applied,     ///< in the memory of shards and sequencer
    replicated,  ///< in the memory of all their copies in sync
    logged,      ///< in their write-ahead logs and, where they have copies, in those of the copies
};

struct consistency_settings {
    std::uint32_t aggregate = 1;             ///< gradients an update; 0 = as many as live workers
    std::optional<std::uint32_t> staleness;  ///< hard bound S; none = unbounded
    late_policy late = late_policy::wait;    ///< read only where there is a bound
    std::optional<std::uint32_t> slack;      ///< SSP's s; none = unbounded
    bool repeats = true;                     ///< may one worker put two gradients in one update
    std::uint32_t window = 2;                ///< items that one worker may have open
    bool cancel_late = false;  ///< over the bound in flight already: tell the worker to stop
    ack_level level = ack_level::applied;
    std::uint16_t replicas = 1;  ///< copies of each shard and of the sequencer
};

constexpr std::uint16_t replicas_max = 16;

/// The settings of a named preset; failure (usage) names the known ones.
result<consistency_settings> preset(const std::string& name);

/// Refuses combinations that cannot make progress or do not fit together, with the reason.
result<void> check(const consistency_settings& s, std::uint32_t workers);

std::string to_string(ack_level l);
result<ack_level> ack_level_from(const std::string& name);

std::string to_string(late_policy p);
result<late_policy> late_policy_from(const std::string& name);

}  // namespace slackline
