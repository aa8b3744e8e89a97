// A byte stream over a connected TCP or Unix socket.
//
// Owner and thread: as byte_stream. The socket's buffers are enlarged so that a large message can
// be moved with few system calls.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>

#include "cluster/link/byte_stream.hpp"

namespace slackline {

using stream_socket = boost::asio::generic::stream_protocol::socket;

std::unique_ptr<byte_stream> make_socket_stream(stream_socket socket);

}  // namespace slackline
