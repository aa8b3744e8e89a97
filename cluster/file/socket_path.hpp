// Where a node's Unix socket lies: the same for every program of one user on one host that reads
// one cluster file.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "cluster/file/cluster_file.hpp"

namespace slackline {

/// In `$XDG_RUNTIME_DIR/slackline` (`runtime_dir`; /tmp/slackline-<uid> where that is null, empty
/// or relative), which is made where it is absent. Its name tells clusters of one user apart by
/// state_dir and name, and nodes by theirs: their places may differ from file to file. Refused: a
/// folder that others own or can enter, and a path longer than a socket's may be.
result<std::string> socket_path(const cluster_file& file, const std::string& node,
                                const char* runtime_dir = std::getenv("XDG_RUNTIME_DIR"));

}  // namespace slackline
