// A node of the cluster, and what of a run may be on it.
//
// Pure; owner and thread: the registrar.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "messages/frame.hpp"

namespace slackline {

struct cluster_member {
    std::string name;
    std::vector<std::string> roles;
    std::vector<std::uint32_t> shards;
    std::vector<std::uint32_t> workers;
    bool sequencer = false;
    bool coordinator = false;
    bool joined = false;               ///< since the cluster's nodes were started
    bool removed = false;              ///< it is to hold nothing, and to end
    std::vector<address> copies = {};  ///< of shards and the sequencer, the first ones not

    bool can_hold_parts() const { return sequencer || !shards.empty() || !copies.empty(); }

    /// Whether a copy of a shard or of the sequencer has its place here.
    bool has_place_for(address copy) const {
        if (copy.copy > 0) return std::find(copies.begin(), copies.end(), copy) != copies.end();
        if (copy.role == role::SEQUENCER) return sequencer;
        return std::find(shards.begin(), shards.end(), copy.index) != shards.end();
    }
};

}  // namespace slackline
