// The nodes that have joined a cluster since its nodes were started, in their order: a list that
// only grows, so a node's place behind those of the file never changes. Some came by a command,
// others stood in the file when it was read again.
//
// It changes by entries of the registrar's journal only, JSON objects on one line: {"entry":
// "joined", "name", "host", "port", "shard", "workers", "of_file"}.
// Pure; owner and thread: the registrar.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/failure.hpp"
#include "messages/frame.hpp"

namespace slackline {

struct joined_node {
    std::string name;
    std::string host;
    std::uint16_t port = 0;
    bool shard = false;         ///< it can hold shards and the sequencer
    std::uint32_t workers = 0;  ///< 0: it has none
    bool of_file = false;       ///< it came by the file, and goes by it
    bool operator==(const joined_node&) const = default;
};

void write(const joined_node& n, wire::JoinedNode::Builder to);
joined_node read(wire::JoinedNode::Reader from);
std::vector<joined_node> read(capnp::List<wire::JoinedNode>::Reader from);

/// The entry of one that joins. Usage where a text is no UTF-8: it would not come back.
result<std::string> joining(const joined_node& n);
/// Whether an entry of the journal is one of these.
bool tells_of_joining(const std::string& entry);
/// Malformed where it cannot be read.
result<joined_node> read_joining(const std::string& entry);

}  // namespace slackline
