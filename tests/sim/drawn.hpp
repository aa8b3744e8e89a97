// What a simulated run is, drawn from its seed.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "actors/sequencer.hpp"
#include "tests/sim/sim_link.hpp"

namespace slackline {

struct drawn {
    std::uint32_t workers;
    std::uint32_t shards;
    bool with_table;
    link_faults faults;
    stream_faults streams;
    std::uint32_t nodes;
    std::uint16_t places;         ///< for each shard and the sequencer; more than copies: they move
    std::int64_t fault_every_ms;  ///< 0: none
    bool disk_faults;             ///< the disk refuses now and then, and the power fails
    std::optional<std::uint64_t> poison;
    std::uint64_t log_segment_bytes;
    optimizer_settings optimizer;
    sequencer_settings rules;
};

drawn draw(std::mt19937_64& random);

/// For people.
std::string describe(const drawn& d);

}  // namespace slackline
