// One process of a cluster of two, as a node daemon has it: a mesh, and actors on its thread.
//
// Owner and thread: made, used and destroyed by one thread; between, one thread of the io_context
// runs everything else.
#pragma once

#include <memory>

#include "actors/participant.hpp"
#include "cluster/file/cluster_file.hpp"
#include "cluster/link/connection.hpp"

namespace slackline::bench {

/// Node 0 has the worker and everything that is one a cluster, node 1 the shard. `over_tcp`: the
/// shard's node takes the other for one on another host.
cluster_file two_nodes(bool over_tcp);

class link_node {
public:
    /// Listens; nothing else happens before start(). Throws std::runtime_error where it cannot.
    link_node(const cluster_file& file, std::uint32_t own);
    ~link_node();

    /// `core` has every address of this node. `failed` is told, on any thread, how its actor ended.
    void start(std::shared_ptr<participant> core, std::function<void(const std::string&)> failed);

    link_counters counters();

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace slackline::bench
