// The nodes that have joined a cluster since its file was written, in their order: a list that only
// grows, so a node's place behind those of the file never changes.
//
// It changes by entries of the registrar's journal only, JSON objects on one line: {"entry":
// "joined", "name", "host", "port", "shard", "workers"}.
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

/// What a registrar tells of them, and what is read from that: a JSON object on one line.
std::string joined_json(const std::vector<joined_node>& nodes);
result<std::vector<joined_node>> read_joined_json(const std::string& text);

}  // namespace slackline
