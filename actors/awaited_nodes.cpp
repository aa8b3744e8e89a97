#include "actors/awaited_nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace slackline {

namespace {

// The nodes for which `holds` is true, if none of them speaks.
template <class Holds>
std::set<std::uint32_t> silent(const std::vector<cluster_member>& members, const node_watch& watch,
                               Holds holds) {
    std::set<std::uint32_t> nodes;
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        if (!holds(members[i])) continue;
        if (watch[i].here()) return {};
        nodes.insert(i);
    }
    return nodes;
}

std::set<std::uint32_t> missed(const std::vector<cluster_member>& members,
                               const std::vector<part_copies>& copies, const node_watch& watch) {
    auto nodes =
        silent(members, watch, [](const auto& m) { return !m.workers.empty() && !m.removed; });
    for (const auto& part : copies) {
        const auto& where = part.members.empty() ? part.lacking : part.members;
        nodes.merge(silent(members, watch, [&](const auto& m) {
            return std::any_of(where.begin(), where.end(), [&](std::uint16_t copy) {
                return m.has_place_for({part.part.role, part.part.index, copy});
            });
        }));
    }
    for (std::uint32_t i = 0; copies.empty() && i < members.size(); ++i)
        if (!watch[i].here() && !members[i].removed &&
            (members[i].sequencer || !members[i].shards.empty()))
            nodes.insert(i);
    return nodes;
}

}  // namespace

awaited_nodes::changes awaited_nodes::update(const std::vector<cluster_member>& members,
                                             const std::vector<part_copies>& copies,
                                             const node_watch& watch, std::int64_t now_ms,
                                             std::int64_t late_ms) {
    changes c;
    const auto nodes = missed(members, copies, watch);
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
