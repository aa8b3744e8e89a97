// A node's agent: says to the registrar, once a heartbeat, what this node is and holds, and does
// what the registrar assigns.
//
// Assignments are levels: each says all that is to be held, so one that is lost, doubled or late
// does no harm; one that is older than another that was followed is not followed any more
// (actors/assignment_order.hpp). A registrar that is silent changes nothing.
// Owner and thread: one actor. Edge: what it hosts, which outlives it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "actors/assignment_order.hpp"
#include "actors/joined_nodes.hpp"
#include "actors/participant.hpp"
#include "actors/run_host.hpp"

namespace slackline {

struct node_agent_settings {
    std::uint32_t index = 0;  ///< the node's place in the cluster file
    std::uint64_t incarnation = 0;
    std::int64_t pid = 0;
    std::int64_t parent_pid = 0;
    std::string program;
};

class node_agent : public participant {
public:
    /// `grows` is told of the nodes that have joined the cluster, all of them, when there are more.
    node_agent(node_agent_settings settings, run_host& host,
               std::function<void(const std::vector<joined_node>&)> grows);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

    /// The node is asked to end: what it holds is drained, and nothing is opened any more.
    void leave();

    /// The registrar speaks to it.
    bool hears() const;

    /// The node is no longer of the cluster: it was told to leave.
    bool removed() const { return removed_; }

    /// Whether it was asked to end and nothing is left to drain. Where the registrar is silent
    /// nobody writes a checkpoint, and none is waited for.
    bool left() const;

private:
    void close(std::uint64_t run);

    node_agent_settings settings_;
    run_host& host_;
    std::function<void(const std::vector<joined_node>&)> grows_;
    unsigned joined_ = 0;        ///< so many nodes have
    assignment_order followed_;  ///< the newest order
    std::uint64_t closing_ = 0;  ///< the run that the host was told to close; 0: none
    bool leaving_ = false;
    bool removed_ = false;
    std::uint32_t silent_beats_ = 0;  ///< since the registrar was heard
};

}  // namespace slackline
