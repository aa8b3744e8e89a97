// Which node of a cluster holds which actor of a run: a pure function of the cluster file, the same
// on every host.
//
// Shard i is on the i-th node with the role shard, counted round and round, for a run may be cut
// into more shards than there are such nodes; workers are numbered node by node. The sequencer is
// on the node with that role or, where none has it, on the first shard's: not beside the
// coordinator, so that a run goes on without it. Further copies of a shard, or of the sequencer,
// are on the nodes with the role shard that follow its own in the file, on other hosts first. A
// node that joined has no shard of its own: it has the last copy of each, and the last workers, so
// that nobody's place changes. Coordinator, checkpointer, evaluator and registrar are on the
// coordinator's node. Thread: immutable; any.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cluster/file/cluster_file.hpp"
#include "messages/frame.hpp"

namespace slackline {

constexpr std::uint32_t shards_max = 1'000;  ///< of a run

class placement {
public:
    /// Of a file that was read without an error: it has a coordinator, a shard and a worker.
    explicit placement(const cluster_file& file);

    std::uint32_t nodes() const { return static_cast<std::uint32_t>(only_workers_.size()); }
    /// Of a run that says nothing of it.
    std::uint32_t shards() const { return static_cast<std::uint32_t>(shards_.size()); }
    std::uint32_t workers() const { return static_cast<std::uint32_t>(workers_.size()); }
    std::uint32_t coordinator() const { return coordinator_; }
    /// Of each shard and of the sequencer there can be so many copies on nodes of their own.
    std::uint16_t copies_max() const;

    /// The node of an actor; none for a client's, and for numbers that the cluster does not have.
    std::optional<std::uint32_t> node_of(address who) const;

    /// The workers, and the copies of so many shards and of the sequencer, that may be on a node.
    std::vector<address> parts_on(std::uint32_t node, std::uint32_t shards) const;

    /// Whether these two nodes ever talk: all do but those that hold nothing but workers, and a
    /// node with itself.
    bool linked(std::uint32_t a, std::uint32_t b) const;

private:
    std::vector<std::uint32_t> copies_of(std::uint32_t first, std::size_t shard,
                                         const cluster_file& file) const;

    std::uint32_t coordinator_ = 0;
    std::vector<std::uint32_t> shards_;                     ///< [shards] node
    std::vector<std::uint32_t> spares_;                     ///< nodes that joined with that role
    std::vector<std::vector<std::uint32_t>> shard_copies_;  ///< [shards()][copies] node
    std::vector<std::uint32_t> sequencer_copies_;           ///< [copies] node
    std::vector<std::uint32_t> workers_;                    ///< [workers] node
    std::vector<bool> only_workers_;                        ///< [nodes]
};

}  // namespace slackline
