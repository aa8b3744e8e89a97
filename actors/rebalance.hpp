// Which parts of a run are to move, so that its nodes hold much the same.
//
// A node's load is that of the parts that it holds a copy of, whatever its unit.
// Pure; thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "messages/frame.hpp"

namespace slackline {

struct part_load {
    address part;  ///< its first copy
    std::uint64_t load = 0;
    std::vector<std::uint32_t> nodes;   ///< that hold it
    std::vector<std::uint32_t> places;  ///< nodes that hold it or could
};

struct part_move {
    address part;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    bool operator==(const part_move&) const = default;
};

using node_loads = std::map<std::uint32_t, std::uint64_t>;  ///< by node

/// Of these nodes, whether they hold anything or not.
node_loads loads_of(const std::vector<part_load>& parts, const std::vector<std::uint32_t>& nodes);

/// The largest load by the mean; 1 where all hold the same or nothing.
double imbalance(const node_loads& loads);

/// In this order; none where no move makes loads more equal. Each goes from one of `nodes` to
/// another that could hold that part and does not.
std::vector<part_move> rebalance(std::vector<part_load> parts,
                                 const std::vector<std::uint32_t>& nodes);

}  // namespace slackline
