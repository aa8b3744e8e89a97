// A cluster file that is fine, and edits of it.
#pragma once

#include <string>

#include "cluster/file/cluster_file.hpp"
#include "tests/catch.hpp"

namespace slackline::cluster_text {

/// Line 1 is [cluster].
inline const std::string fine = R"([cluster]
name = "a-Cluster_1.x"
state_dir = "kept/here/"
heartbeat_ms = 50

[security]
secret = "../secret.hex"

[[node]]
name = "head"
address = "127.0.0.1:7001"
roles = ["coordinator", "sequencer"]

[[node]]
name = "one"
address = "[::1]:7002"
roles = ["shard"]
program = "bin/other"

[[node]]
name = "two"
address = "localhost:0"
roles = ["worker", "shard"]
workers = 3
)";

/// `from`, which must stand there once, becomes `to`.
inline std::string edited(const std::string& from, const std::string& to) {
    CAPTURE(from);
    const auto at = fine.find(from);
    REQUIRE(at != fine.npos);
    REQUIRE(fine.find(from, at + 1) == fine.npos);
    return std::string(fine).replace(at, from.size(), to);
}

inline result<cluster_file> parse(const std::string& text) {
    return parse_cluster_file(text, "my.toml", "/home/of/file");
}

}  // namespace slackline::cluster_text
