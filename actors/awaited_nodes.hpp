// Which nodes a run cannot go on without and waits for, and since when.
//
// Those that hold a shard or the sequencer, when none that holds it speaks; those that hold
// workers, when none of them speaks. Pure; owner and thread: the registrar.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/cluster_member.hpp"
#include "actors/node_watch.hpp"
#include "actors/run_observer.hpp"

namespace slackline {

class awaited_nodes {
public:
    struct changes {
        std::vector<std::uint32_t> begun;
        std::vector<std::uint32_t> over;
    };

    /// `copies`: which of them hold the parts of the run; none: it did not tell, the first ones do.
    /// `late_ms`: by how much the watch was late; all waits begin anew by that much later.
    changes update(const std::vector<cluster_member>& members,
                   const std::vector<part_copies>& copies, const node_watch& watch,
                   std::int64_t now_ms, std::int64_t late_ms);
    void clear() { since_ms_.clear(); }

    /// The first node that has been waited for this long.
    std::optional<std::uint32_t> overdue(std::int64_t now_ms, std::int64_t wait_ms) const;

    /// When each wait began, by node.
    const std::map<std::uint32_t, std::int64_t>& since_ms() const { return since_ms_; }

private:
    std::map<std::uint32_t, std::int64_t> since_ms_;
};

/// "node shard-1 is silent since 1.5 s", "node shard-1 was never heard"
std::string describe_silence(const cluster_member& member, const watched_node& node,
                             std::int64_t now_ms);

}  // namespace slackline
