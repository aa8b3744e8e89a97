// One simulated run: the production actors on CAF's deterministic scheduler, with a seeded choice
// of the next job, a simulated clock, link and storage, and kills.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/sim_network.hpp"

namespace slackline {

struct simulation_outcome {
    std::vector<std::string> violations;
    std::uint32_t trace = 0;  ///< CRC32C over everything that was sent, in order
    std::string what;         ///< the drawn setting, for people
    std::uint64_t kills = 0;
    std::uint64_t partitions = 0;
    std::uint64_t power_failures = 0;
    std::uint64_t starts = 0;
    std::uint64_t eras = 0;
    std::uint64_t taken_over = 0;
    std::uint64_t cut_off = 0;
    std::uint64_t moves = 0;
    std::uint64_t reshards = 0;
    std::uint64_t logs_replayed = 0;
    std::uint64_t frames = 0;
    std::uint64_t versions_compared = 0;
    network_counts network;
    std::int64_t simulated_ms = 0;
};

/// Everything is drawn from the seed. Messages sent before `show_ms` are printed.
simulation_outcome simulate(std::uint64_t seed, std::int64_t show_ms = 0);

}  // namespace slackline
