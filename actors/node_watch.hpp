// What the registrar knows of the cluster's nodes: what each said last, and whether it still
// speaks.
//
// A node that is not heard for the dead time, or whose connection is gone, is silent. A watch that
// was late itself judges nobody: it gives every node that was not silent a new dead time.
// Pure; owner and thread: the registrar.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/assignment_order.hpp"

namespace slackline {

enum class node_condition { absent, silent, up, opening, refused, leaving };

/// "absent", "silent" ...
const char* name_of(node_condition condition);

struct watched_node {
    node_condition condition = node_condition::absent;
    std::int64_t since_ms = 0;  ///< of the condition; silent: when it was last heard
    std::int64_t heard_ms = 0;
    std::uint64_t incarnation = 0;
    std::int64_t pid = 0;
    std::int64_t parent_pid = 0;
    std::string program;
    std::uint64_t run = 0;  ///< that it holds, opens or refuses; 0: none
    wire::Hosting hosting = wire::Hosting::IDLE;
    std::string sentence;
    assignment_order followed;

    /// Whether it speaks.
    bool here() const {
        return condition != node_condition::absent && condition != node_condition::silent;
    }
};

class node_watch {
public:
    node_watch(std::size_t nodes, std::int64_t dead_ms) : nodes_(nodes), dead_ms_(dead_ms) {}

    /// A NodeState. Of an older life, or from before another that was heard: as if it was lost.
    void hear(wire::Message::Reader m, std::int64_t now_ms);

    /// Its connection is gone: silent at once.
    void lost(std::uint32_t node, std::int64_t now_ms);

    /// By how much this watch itself was late: everybody's deadline moves by that. 0 as a rule.
    std::int64_t tick(std::int64_t now_ms);

    /// There are so many nodes now; those that are new were never heard.
    void grow(std::size_t nodes) { nodes_.resize(nodes); }

    const watched_node& operator[](std::size_t node) const { return nodes_[node]; }
    std::size_t size() const { return nodes_.size(); }

private:
    std::vector<watched_node> nodes_;
    std::int64_t dead_ms_;
    std::int64_t ticked_ms_ = -1;  ///< -1: never
};

}  // namespace slackline
