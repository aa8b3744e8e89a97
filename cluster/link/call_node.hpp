// A call to a node: a connected socket, or why there is none.
//
// Owner and thread: as the io_context that is given. Errors name the node, its address and what to
// do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "cluster/file/cluster_file.hpp"
#include "cluster/link/socket_stream.hpp"

namespace slackline {

/// For people: "node coord at 127.0.0.1:7001", or on this host where its port is any.
std::string describe_node(const cluster_file& file, std::uint32_t node);

/// By the node's Unix socket where it is on this host, else by TCP, within 2 s. `done` is called
/// once; `file` outlives that.
void call_node(boost::asio::io_context& context, const cluster_file& file, std::uint32_t node,
               std::function<void(result<stream_socket>)> done);

}  // namespace slackline
