// Where a node stands in its cluster, and so which actors of a run are its own.
//
// Thread: immutable; any.
#pragma once

#include <cstdint>
#include <string>

#include "cluster/file/placement.hpp"

namespace slackline {

struct node_place {
    placement all;
    std::uint32_t node = 0;  ///< its place in the cluster file
    std::string name;
    std::string log_dir;  ///< where logs of its actors lie, in a folder a run

    bool has(address who) const { return all.node_of(who) == node; }
};

}  // namespace slackline
