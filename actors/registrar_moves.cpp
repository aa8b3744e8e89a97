// The registrar: parts of the open run that are to be on other nodes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "actors/cluster_status.hpp"
#include "actors/copy_list.hpp"
#include "actors/registrar.hpp"

namespace slackline {

result<const part_copies*> registrar::copies_of(address part) const {
    if (!active_)
        return fail(failure_code::usage, "no run is active: there is nothing that could move");
    const auto& all = active_->gauge.copies();
    if (all.empty())
        return fail(failure_code::refused,
                    fmt::format("run {} has not begun, so nothing of it can move; ask again when "
                                "`slackline status` shows its shards",
                                active_->what.name));
    for (const auto& p : all)
        if (p.part.role == part.role && p.part.index == part.index) return &p;
    return fail(failure_code::usage,
                fmt::format("run {} has no {}; its shards are 0 to {}", active_->what.name,
                            part_name(part), all.size() - 2));
}

result<std::uint32_t> registrar::node_named(const std::string& name) const {
    std::vector<std::string> names;
    for (std::uint32_t n = 0; n < settings_.nodes.size(); ++n) {
        if (settings_.nodes[n].name == name) return n;
        names.push_back(settings_.nodes[n].name);
    }
    return fail(failure_code::usage, fmt::format("cluster {} has no node {}; it has {}",
                                                 settings_.cluster, name, fmt::join(names, ", ")));
}

bool registrar::takes_part(std::uint32_t node) const {
    const auto& n = watch_[node];
    return n.here() && n.run == active_->number && n.hosting == wire::Hosting::OPEN;
}

// The copy of a part that a node can hold.
result<address> registrar::place_at(std::uint32_t node, address part) const {
    if (settings_.nodes[node].removed)
        return fail(failure_code::usage,
                    fmt::format("node {} is taken out of the cluster", name_of_node(node)));
    for (part.copy = 0; part.copy < replicas_max; ++part.copy)
        if (settings_.nodes[node].has_place_for(part)) return part;
    return fail(failure_code::usage,
                fmt::format("node {} cannot hold {}: it has not the role shard, or is not among "
                            "the {} nodes that follow the part's own in the cluster file",
                            name_of_node(node), part_name(part), replicas_max));
}

void registrar::move(std::uint32_t client, wire::Move::Reader m, outbox& out) {
    const auto part = read_address(m.getPart());
    const auto decide = [&]() -> result<std::pair<address, std::uint16_t>> {
        const auto held = copies_of(part);
        if (!held) return tl::unexpected(held.error());
        const auto to = node_named(m.getTo().cStr());
        if (!to) return tl::unexpected(to.error());
        const auto at = place_at(*to, {part.role, part.index});
        if (!at) return tl::unexpected(at.error());
        const auto& copies = **held;
        if (!copies.led || !copies.lacking.empty())
            return fail(failure_code::refused,
                        fmt::format("{} is on its way or being filled; ask again when `slackline "
                                    "status` shows that it is in sync",
                                    part_name(part)));
        const auto is_member = [&](std::uint16_t copy) {
            return std::count(copies.members.begin(), copies.members.end(), copy) > 0;
        };
        if (is_member(at->copy))
            return fail(failure_code::usage, fmt::format("{} is on node {} already",
                                                         part_name(part), name_of_node(*to)));
        if (!takes_part(*to))
            return fail(failure_code::refused,
                        fmt::format("node {} has no part in run {} now; start it, or look at its "
                                    "state with `slackline status`",
                                    name_of_node(*to), active_->what.name));
        auto from = copies.part;
        if (m.getFrom().size() > 0) {
            const auto node = node_named(m.getFrom().cStr());
            if (!node) return tl::unexpected(node.error());
            const auto place = place_at(*node, {part.role, part.index});
            if (!place || !is_member(place->copy))
                return fail(failure_code::usage, fmt::format("{} is not on node {}",
                                                             part_name(part), name_of_node(*node)));
            from = *place;
        }
        return std::pair(*at, from.copy);
    };
    const auto decided = decide();
    if (!decided)
        return decline(client, decided.error().sentence,
                       decided.error().code == failure_code::usage, out);
    have_placed(decided->first, decided->second, out);
    tell(client, "{}", out);
}

void registrar::rebalance(std::uint32_t client, outbox& out) {
    const auto any = copies_of({role::SEQUENCER, 0});
    if (!any)
        return decline(client, any.error().sentence, any.error().code == failure_code::usage, out);
    const auto& copies = active_->gauge.copies();
    for (const auto& p : copies)
        if (!p.lacking.empty() || p.members.size() != p.wanted)
            return decline(client,
                           fmt::format("{} is being filled or has moved just now; ask again when "
                                       "`slackline status` shows that it is in sync",
                                       part_name(p.part)),
                           false, out);
    std::vector<std::uint32_t> nodes;
    for (std::uint32_t n = 0; n < settings_.nodes.size(); ++n)
        if (takes_part(n) && settings_.nodes[n].can_hold_parts() && !settings_.nodes[n].removed)
            nodes.push_back(n);
    auto moves = nlohmann::ordered_json::array();
    for (const auto& m : slackline::rebalance(loads_of_run(view()), nodes)) {
        const auto at = place_at(m.to, m.part);
        const auto from = place_at(m.from, m.part);
        if (!at || !from) continue;
        have_placed(*at, from->copy, out);
        moves.push_back({{"part", part_name(m.part)},
                         {"from", name_of_node(m.from)},
                         {"to", name_of_node(m.to)}});
    }
    tell(client, nlohmann::ordered_json{{"moves", std::move(moves)}}.dump(), out);
}

void registrar::have_placed(address at, std::uint16_t instead_of, outbox& out) const {
    constexpr address coordinator{role::COORDINATOR, 0};
    auto b = message(coordinator, active_->number);
    auto place = b.root().initPlace();
    write(place.initPart(), at);
    place.setInsteadOf(instead_of);
    out.push_back({coordinator, b.finish()});
}

}  // namespace slackline
