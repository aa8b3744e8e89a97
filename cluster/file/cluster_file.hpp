// A cluster file: the nodes, their addresses and roles, and what guards them. One file, the same on
// every host.
//
// Unknown keys, wrong types and values out of range are refused with their place. Relative paths
// resolve against the file's folder. docs/cluster.md describes every key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/failure.hpp"

namespace slackline {

struct cluster_node {
    std::string name;
    std::string host;        ///< a literal IP address or a host's name
    std::uint16_t port = 0;  ///< 0: any free one; its peers are on its own host
    bool coordinator = false;
    bool sequencer = false;
    bool shard = false;
    std::uint32_t workers = 0;   ///< 0: it has none
    bool joined = false;         ///< since the cluster was started: it stands behind all others
    bool of_file = false;        ///< it joined by being in the file when that was read again
    std::string device = "cpu";  ///< of its workers
    std::string program;         ///< that runs it; empty: the one that runs `up`
    std::string place;           ///< where it is written: "local.toml:12"
};

struct cluster_file {
    std::string path;
    std::string name;
    std::string state_dir;
    std::int64_t heartbeat_ms = 200;
    std::string secret_file;
    bool insecure = false;  ///< connections beyond loopback are neither encrypted nor checked
    std::vector<cluster_node> nodes;

    /// The place of a node in `nodes`.
    std::optional<std::uint32_t> find(const std::string& node_name) const;
};

result<cluster_file> read_cluster_file(const std::string& path);

/// The same from text; `place` stands for the file in errors, `folder` for its folder.
result<cluster_file> parse_cluster_file(const std::string& text, const std::string& place,
                                        const std::string& folder);

}  // namespace slackline
