// Which life of a node this process is: a number that rises at every start, and one process a name.
//
// `<node>/incarnation` holds the number of the last start, with its checksum; it is raised and
// durable before anybody is told it. `<node>/lock` is held by the process that is the node.
// Thread-safe once it is open. Edge: the storage of the cluster's state_dir, which outlives open().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "actors/edges.hpp"
#include "cluster/posix_storage.hpp"

namespace slackline {

class node_incarnations : public incarnations_edge {
public:
    /// Takes the node's name for this process until the object is gone, and begins a new life.
    /// Refused while another process has the name, and where the number is damaged. The number is
    /// one more than the last, and no less than `unix_time_s`: a node whose disk was lost begins
    /// above its earlier lives too.
    static result<std::unique_ptr<node_incarnations>> open(posix_storage& state,
                                                           const std::string& node,
                                                           std::uint32_t unix_time_s);

    /// The same in a folder that is there and that `lock` holds for this process.
    static result<std::unique_ptr<node_incarnations>> open(posix_storage& state,
                                                           const std::string& folder,
                                                           std::shared_ptr<void> lock,
                                                           std::uint32_t unix_time_s);

    /// This process's number.
    std::uint32_t process() const { return process_; }

    /// Above every number of this process and of the node's earlier ones.
    std::uint64_t next() override { return (std::uint64_t{process_} << 32) | ++count_; }

private:
    node_incarnations(std::shared_ptr<void> lock, std::uint32_t process)
        : lock_(std::move(lock)), process_(process) {}

    std::shared_ptr<void> lock_;
    std::uint32_t process_;
    std::atomic<std::uint32_t> count_{0};
};

}  // namespace slackline
