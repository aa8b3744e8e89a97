#include "actors/awaited_nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace slackline {

namespace {

std::set<std::uint32_t> missed(const std::vector<cluster_member>& members,
                               const node_watch& watch) {
    std::set<std::uint32_t> nodes;
    std::set<std::uint32_t> silent_workers;
    bool some_worker = false;
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        const auto& m = members[i];
        const bool here = watch[i].here();
        if (!here && (m.sequencer || !m.shards.empty())) nodes.insert(i);
        if (m.workers.empty()) continue;
        if (here) some_worker = true;
        if (!here) silent_workers.insert(i);
    }
    if (!some_worker) nodes.merge(silent_workers);
    return nodes;
}

}  // namespace

awaited_nodes::changes awaited_nodes::update(const std::vector<cluster_member>& members,
                                             const node_watch& watch, std::int64_t now_ms,
                                             std::int64_t late_ms) {
    changes c;
    const auto nodes = missed(members, watch);
    for (auto& [node, since_ms] : since_ms_) {
        since_ms += late_ms;
        if (!nodes.contains(node)) c.over.push_back(node);
    }
    for (const auto node : c.over) since_ms_.erase(node);
    for (const auto node : nodes)
        if (since_ms_.emplace(node, now_ms).second) c.begun.push_back(node);
    return c;
}

std::optional<std::uint32_t> awaited_nodes::overdue(std::int64_t now_ms,
                                                    std::int64_t wait_ms) const {
    for (const auto& [node, since_ms] : since_ms_)
        if (now_ms - since_ms >= wait_ms) return node;
    return std::nullopt;
}

std::string describe_silence(const cluster_member& member, const watched_node& node,
                             std::int64_t now_ms) {
    if (node.condition == node_condition::absent)
        return fmt::format("node {} was never heard", member.name);
    return fmt::format("node {} is silent since {:.1f} s", member.name,
                       static_cast<double>(now_ms - node.since_ms) / 1'000);
}

}  // namespace slackline
