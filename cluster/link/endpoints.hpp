// Where nodes are reached: sockets that listen, and sockets that call.
//
// Owner and thread: as the io_context that is given. Errors name the node, its address and what to
// do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cluster/file/cluster_file.hpp"
#include "cluster/link/socket_stream.hpp"

namespace slackline {

/// For people: "node coord at 127.0.0.1:7001", or at its Unix socket.
std::string describe_node(const cluster_file& file, std::uint32_t node);

/// Listens for one node, on TCP and on its Unix socket, and gives what calls.
class listener {
public:
    /// `called` is given every socket that connects, until stop().
    listener(boost::asio::io_context& context, std::function<void(stream_socket)> called);

    /// Usage errors where the address is taken or is not of this host. The caller holds the node's
    /// lock: a socket file that is there is a dead process's.
    result<void> listen(const cluster_file& file, std::uint32_t node);
    void start();
    void stop();

private:
    template <class Acceptor>
    void accept_on(Acceptor& on);

    boost::asio::io_context& context_;
    std::function<void(stream_socket)> called_;
    boost::asio::ip::tcp::acceptor tcp_;
    boost::asio::local::stream_protocol::acceptor local_;
    std::string local_path_;
};

/// Calls a node: its Unix socket where it is on this host, else TCP. `done` is called once, with
/// a connected socket or the reason; within the system's own limit on connecting.
void call_node(boost::asio::io_context& context, const cluster_file& file, std::uint32_t node,
               std::function<void(result<stream_socket>)> done);

}  // namespace slackline
