// Hosts as a cluster file names them: by literal IP address, by name, or "localhost". Nothing here
// asks a name server.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>

#include "messages/failure.hpp"

namespace slackline {

struct host_port {
    std::string host;  ///< an IP address in its usual spelling, without brackets; or a name
    std::uint16_t port = 0;
};

/// Reads "host:port", an IPv6 address in brackets. The error says what is wrong and what to write,
/// but not where.
result<host_port> read_host_port(const std::string& text);

/// As it is written: an IPv6 address in brackets.
std::string written_address(const std::string& host, std::uint16_t port);

/// "localhost", or an address that only its own host reaches.
bool loopback(const std::string& host);

/// Loopback, an address of one of this host's interfaces, or this host's name, in whole or up to
/// its first dot.
bool on_this_host(const std::string& host);

}  // namespace slackline
