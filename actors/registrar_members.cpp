// The registrar: nodes that join, that are taken out, and an edited cluster file.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "actors/copy_list.hpp"
#include "actors/registrar.hpp"

namespace slackline {

// The same again is asked by a node that is started again.
void registrar::join(std::uint32_t client, const joined_node& node, outbox& out) {
    const auto is_it = [&](const auto& n) { return n.name == node.name; };
    const auto known = std::find_if(joined_.begin(), joined_.end(), is_it);
    const auto change = [&]() -> result<file_change> {
        if (known == joined_.end()) return file_change{{node}, {}, {}};
        if (!(*known == node))
            return fail(failure_code::usage,
                        fmt::format("node {} has joined cluster {} with another address or other "
                                    "roles; start it with those, or under another name",
                                    node.name, settings_.cluster));
        if (removed_.has(node.name)) return file_change{{}, {}, {node.name}};
        return file_change();  // it was started again
    };
    if (known == joined_.end() &&
        std::any_of(settings_.nodes.begin(), settings_.nodes.end(), is_it))
        return decline(client,
                       fmt::format("the cluster file of cluster {} has a node {} already; start it "
                                   "without --join, or join under another name",
                                   settings_.cluster, node.name),
                       true, out);
    if (const auto done = change().and_then([&](auto c) { return change_members(c); }); !done)
        return decline(client, done.error().sentence, done.error().code == failure_code::usage,
                       out);
    tell(client, "{}", out);
}

void registrar::remove(std::uint32_t client, const std::string& name, outbox& out) {
    const auto remove = [&]() -> result<void> {
        const auto node = node_named(name);
        if (!node) return tl::unexpected(node.error());
        const auto of_command = std::any_of(joined_.begin(), joined_.end(), [&](const auto& n) {
            return n.name == name && !n.of_file;
        });
        if (!of_command)
            return fail(failure_code::usage,
                        fmt::format("node {} is in the cluster file of cluster {}; take it out "
                                    "there, then: slackline reload",
                                    name, settings_.cluster));
        if (removed_.has(name)) return {};
        const file_change change{{}, {name}, {}};
        if (auto may = may_be(change); !may) return may;
        return change_members(change);
    };
    if (const auto done = remove(); !done)
        return decline(client, done.error().sentence, done.error().code == failure_code::usage,
                       out);
    tell(client, "{}", out);
}

void registrar::reload(std::uint32_t client, outbox& out) {
    const auto taken = take_up_file();
    if (!taken)
        return decline(client, taken.error().sentence, taken.error().code == failure_code::usage,
                       out);
    nlohmann::ordered_json told{{"added", nlohmann::ordered_json::array()},
                                {"removed", taken->removed}};
    for (const auto& n : taken->added) told["added"].push_back(n.name);
    for (const auto& name : taken->restored) told["added"].push_back(name);
    tell(client, told.dump(), out);
}

result<file_change> registrar::take_up_file() {
    auto change = edges_.cluster.reread(joined_, removed_.names());
    if (!change) return change;
    if (auto may = may_be(*change); !may) return tl::unexpected(may.error());
    if (auto done = change_members(*change); !done) return tl::unexpected(done.error());
    return change;
}

// Journals all of it at once, then it is so.
result<void> registrar::change_members(const file_change& change) {
    if (change.empty()) return {};
    auto joined = joined_;
    auto removed = removed_;
    for (const auto& n : change.added) {
        if (const auto entry = joining(n); !entry) return tl::unexpected(entry.error());
        joined.push_back(n);
    }
    for (const auto& name : change.removed) removed.add(name);
    for (const auto& name : change.restored) removed.restore(name);
    auto members = edges_.cluster.with(joined, shards());
    if (!members) return tl::unexpected(members.error());
    if (auto r = edges_.journal.replace(entries(joined, removed)); !r) return r;
    removed_ = std::move(removed);
    grow(std::move(joined), std::move(*members));
    for (const auto& n : change.added) edges_.log(fmt::format("node {} joins the cluster", n.name));
    for (const auto& name : change.restored)
        edges_.log(fmt::format("node {} is in the cluster again", name));
    for (const auto& name : change.removed)
        edges_.log(
            fmt::format("node {} is taken out of the cluster: it hands over, and ends", name));
    return {};
}

result<void> registrar::may_be(const file_change& change) const {
    std::set<std::uint32_t> leaving;
    for (const auto& name : change.removed) {
        const auto node = node_named(name);
        if (!node) return tl::unexpected(node.error());
        leaving.insert(*node);
    }
    if (leaving.empty()) return {};
    if (auto known = is_known_where_shards_are(leaving); !known) return known;
    bool shards_stay = false, workers = false;
    for (const auto& n : change.added) {
        shards_stay = shards_stay || n.shard;
        workers = workers || n.workers > 0;
    }
    for (std::uint32_t n = 0; n < settings_.nodes.size(); ++n) {
        const auto& m = settings_.nodes[n];
        if (m.coordinator && leaving.contains(n))
            return fail(failure_code::usage,
                        fmt::format("node {} is the coordinator's, without which there is no "
                                    "cluster; keep it in the file",
                                    m.name));
        const bool returns = std::count(change.restored.begin(), change.restored.end(), m.name) > 0;
        if (leaving.contains(n) || (m.removed && !returns)) continue;
        shards_stay = shards_stay || std::count(m.roles.begin(), m.roles.end(), "shard") > 0;
        workers = workers || !m.workers.empty();
    }
    for (const auto& [stays, what] :
         {std::pair(shards_stay, "shard"), std::pair(workers, "worker")})
        if (!stays)
            return fail(
                failure_code::usage,
                fmt::format("no node with the role {} would be left; add another one first", what));
    return run_can_do_without(leaving);
}

// Of a run that has begun and has not told it to this registrar, nobody knows who could hand over.
result<void> registrar::is_known_where_shards_are(const std::set<std::uint32_t>& leaving) const {
    const auto& open = book_.open_runs();
    const bool known =
        active_ ? !active_->gauge.copies().empty() : open.empty() || !open.front().begun();
    const bool matters = std::any_of(leaving.begin(), leaving.end(), [&](std::uint32_t n) {
        return settings_.nodes[n].can_hold_parts();
    });
    if (known || !matters) return {};
    return fail(failure_code::refused,
                fmt::format("run {} has not told where its shards are; ask again when `slackline "
                            "status` shows them",
                            open.front().name));
}

// A run's copies are on nodes of their own.
result<void> registrar::has_nodes_for(const prepared_run& what) const {
    const auto& all = settings_.nodes;
    const auto nodes = std::count_if(
        all.begin(), all.end(), [](const auto& m) { return m.can_hold_parts() && !m.removed; });
    if (nodes >= what.copies) return {};
    return fail(
        failure_code::usage,
        fmt::format("run {} wants {} copies of each shard, and {} node(s) that can hold one "
                    "are left in cluster {}; lower consistency.replicas, or add nodes with "
                    "the role shard",
                    what.name, what.copies, nodes, settings_.cluster));
}

// Each part of it needs as many nodes as it has copies, and one of those that hold it now must be
// there, to hand it over.
result<void> registrar::run_can_do_without(const std::set<std::uint32_t>& leaving) const {
    const auto& copies = active_ ? active_->gauge.copies() : std::vector<part_copies>();
    for (const auto& p : copies) {
        std::size_t others = 0;
        bool handed_over = p.members.empty();
        for (std::uint32_t n = 0; n < settings_.nodes.size(); ++n) {
            const auto at = place_at(n, {p.part.role, p.part.index});
            if (!at || !takes_part(n)) continue;
            others += leaving.contains(n) ? 0 : 1;
            handed_over =
                handed_over || std::count(p.members.begin(), p.members.end(), at->copy) > 0;
        }
        if (others < p.wanted)
            return fail(failure_code::refused,
                        fmt::format("run {} wants {} to be on {} node(s), and {} that take part in "
                                    "it would be left; add one first, or cancel the run",
                                    active_->what.name, part_name(p.part), p.wanted, others));
        if (!handed_over)
            return fail(failure_code::refused,
                        fmt::format("nobody who is here has {} of run {} and could hand it over; "
                                    "start its node first, or cancel the run",
                                    part_name(p.part), active_->what.name));
    }
    return {};
}

}  // namespace slackline
