// All links of a node: to its peers, and from command lines.
//
// Two nodes that talk have two connections, for small messages and for payloads, so that heartbeats
// and commits never queue behind a tensor. The node that stands later in the cluster file calls,
// once a heartbeat until it is answered. Frames travel to the node that placement names; where
// there is no connection they vanish, as on any link. A frame whose sender does not live on the
// peer that brings it is refused and counted.
//
// Owner and thread: made and stopped by the node; send() from any thread; all else on the thread of
// the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "actors/local_link.hpp"
#include "cluster/file/placement.hpp"
#include "cluster/link/connection.hpp"

namespace slackline {

struct mesh_settings {
    const cluster_file& file;
    std::uint32_t own = 0;  ///< place in the file
    link_identity identity;
};

struct mesh_edges {
    boost::asio::io_context& context;
    const clock_edge& clock;
    local_link& actors;
    std::function<void(const std::string&)> log;
};

class mesh : public link_edge {
public:
    mesh(mesh_settings settings, mesh_edges edges);
    ~mesh() override;

    /// Takes the node's addresses; nothing is accepted before start().
    result<void> listen();
    void start();

    /// There are more nodes now, behind those that there were; from any thread.
    void grow(cluster_file larger);

    /// Says goodbye to everybody, once; from any thread.
    void stop();

    void send(address to, frame f) override;

    /// Of all connections so far. On the thread of the io_context.
    link_counters counters() const;

private:
    struct links;
    std::shared_ptr<links> links_;
};

}  // namespace slackline
