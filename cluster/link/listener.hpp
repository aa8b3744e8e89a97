// Where a node is called: its TCP address and its Unix socket.
//
// Owner and thread: as the io_context that is given.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "cluster/file/cluster_file.hpp"
#include "cluster/link/socket_stream.hpp"

namespace slackline {

/// Listens for one node and gives what calls. It outlives the io_context's last run.
class listener {
public:
    /// `called` is given every socket that connects, until stop().
    listener(boost::asio::io_context& context, std::function<void(stream_socket)> called);

    /// Usage errors where the address is taken or is not of this host. The caller holds the node's
    /// lock: a socket file that is there is a dead process's. With port 0 there is only that file.
    result<void> listen(const cluster_file& file, std::uint32_t node);
    void start();
    void stop();

private:
    result<void> listen_on_tcp(const cluster_node& n);
    template <class Acceptor>
    void accept_on(Acceptor& on);

    boost::asio::io_context& context_;
    std::function<void(stream_socket)> called_;
    boost::asio::ip::tcp::acceptor tcp_;
    boost::asio::local::stream_protocol::acceptor local_;
    boost::asio::steady_timer breath_;  ///< after an accept that failed: descriptors may be short
    std::string local_path_;
};

}  // namespace slackline
