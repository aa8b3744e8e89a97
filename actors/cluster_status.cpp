#include "actors/cluster_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "actors/copy_list.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t ended_shown_max = 10;

std::string text_of(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

double seconds(std::int64_t ms) {
    return static_cast<double>(ms) / 1'000;
}

json number(double value) {
    return std::isfinite(value) ? json(value) : json(nullptr);
}

std::string name_of_run(const run_book& book, std::uint64_t run) {
    const auto* r = book.find(run);
    return r != nullptr ? r->name : fmt::format("number {}", run);
}

// What this node is busy with or lacks; empty: nothing.
std::string waits_for(const cluster_view& v, std::uint32_t node) {
    const auto& n = v.watch[node];
    if (n.condition == node_condition::opening)
        return fmt::format("the data of run {}", name_of_run(v.book, n.run));
    if (std::find(v.holders.begin(), v.holders.end(), node) != v.holders.end())
        return n.run != 0 ? fmt::format("the end of run {}", name_of_run(v.book, n.run))
                          : std::string("the registrar");
    if (!n.sentence.empty()) return n.sentence;
    return {};
}

json node_json(const cluster_view& v, std::uint32_t node, std::int64_t now_ms) {
    const auto& n = v.watch[node];
    json j{{"name", v.members[node].name},
           {"roles", v.members[node].roles},
           {"pid", n.pid},
           {"parent_pid", n.parent_pid},
           {"incarnation", n.incarnation},
           {"state", name_of(n.condition)},
           {"since_s", seconds(now_ms - n.since_ms)},
           {"program", n.program}};
    if (auto w = waits_for(v, node); !w.empty()) j["waits_for"] = std::move(w);
    return j;
}

std::optional<std::uint32_t> node_of_part(const cluster_view& v, address part) {
    for (std::uint32_t n = 0; n < v.members.size(); ++n)
        if (v.members[n].has_place_for(part)) return n;
    return std::nullopt;
}

json name_of_part(const cluster_view& v, address part) {
    const auto n = node_of_part(v, part);
    return n ? json(v.members[*n].name) : json(nullptr);
}

// Where each is now; of a run that does not tell it, where it is at first.
json shards_json(const cluster_view& v) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> placed;
    for (std::uint32_t i = 0; i < v.members.size(); ++i)
        for (const auto shard : v.members[i].shards) placed.emplace_back(shard, i);
    for (auto& [shard, node] : placed)
        for (const auto& c : v.active ? v.active->gauge.copies() : std::vector<part_copies>())
            if (c.part.role == role::SHARD && c.part.index == shard && c.led)
                node = node_of_part(v, c.part).value_or(node);
    std::sort(placed.begin(), placed.end());
    json all = json::array();
    for (const auto& [shard, node] : placed)
        all.push_back({{"shard", shard},
                       {"node", v.members[node].name},
                       {"state", name_of(v.watch[node].condition)}});
    return all;
}

json node_of_worker(const cluster_view& v, std::uint32_t worker) {
    for (const auto& m : v.members)
        if (std::find(m.workers.begin(), m.workers.end(), worker) != m.workers.end()) return m.name;
    return nullptr;
}

json workers_json(const cluster_view& v, const run_gauge& gauge, std::int64_t now_ms) {
    json all = json::array();
    for (const auto& w : gauge.progress().workers)
        all.push_back({{"worker", w.worker},
                       {"node", node_of_worker(v, w.worker)},
                       {"clock", w.clock},
                       {"open", w.open},
                       {"window", w.window},
                       {"item_ms", w.item_ms},
                       {"failures", w.failures},
                       {"items_per_s", gauge.items_per_s(w, now_ms)}});
    return all;
}

json names_of_places(const cluster_view& v, address part,
                     const std::vector<std::uint16_t>& copies) {
    json all = json::array();
    for (const auto c : copies) all.push_back(name_of_part(v, {part.role, part.index, c}));
    return all;
}

json copies_json(const cluster_view& v, const run_gauge& gauge) {
    json all = json::array();
    for (const auto& c : gauge.copies())
        all.push_back({{"part", part_name(c.part)},
                       {"primary", c.led ? name_of_part(v, c.part) : json(nullptr)},
                       {"nodes", names_of_places(v, c.part, c.members)},
                       {"lacking", names_of_places(v, c.part, c.lacking)},
                       {"in_sync", c.members.size()},
                       {"wanted", c.wanted},
                       {"bytes", c.bytes},
                       {"busy", c.busy / 1'000.0}});
    return all;
}

// Of the nodes that could hold shards and are here.
json imbalance_json(const cluster_view& v) {
    const auto parts = loads_of_run(v);
    if (parts.empty()) return nullptr;
    std::vector<std::uint32_t> nodes;
    for (std::uint32_t n = 0; n < v.members.size(); ++n)
        if (v.watch[n].here() && v.members[n].can_hold_parts()) nodes.push_back(n);
    return std::round(100 * imbalance(loads_of(parts, nodes))) / 100;
}

json skips_json(const std::vector<skip_record>& skips) {
    json all = json::array();
    for (const auto& s : skips) all.push_back({{"item", s.item}, {"cause", s.cause}});
    return all;
}

json awaits_json(const cluster_view& v, std::int64_t now_ms) {
    json all = json::array();
    for (const auto& [node, since_ms] : v.awaited.since_ms())
        all.push_back({{"node", v.members[node].name},
                       {"deadline_s", seconds(since_ms + v.wait_ms - now_ms)}});
    return all;
}

// The same fields for every run; what only an open one has is empty in others. Of runs that an
// earlier registrar saw end nothing but the end is known.
json run_json(const cluster_view& v, const booked_run& run, std::int64_t now_ms) {
    const run_gauge nothing;
    const bool open = v.active && v.active->number == run.number;
    const auto told = v.told.find(run.number);
    const auto& gauge = open ? v.active->gauge : told != v.told.end() ? told->second : nothing;
    const auto& p = gauge.progress();
    const auto published = gauge.published_ms();
    return {{"run", run.number},
            {"name", run.name},
            {"state", name_of(run.state)},
            {"era", gauge.era()},
            {"count", p.count},
            {"items", p.items_total},
            {"applied", p.applied},
            {"skipped", p.skipped},
            {"skips", skips_json(p.skips)},
            {"staleness", p.staleness},
            {"items_per_s", open ? gauge.items_per_s(now_ms) : 0},
            {"checkpoint_age_s", published ? json(seconds(now_ms - *published)) : json(nullptr)},
            {"loss", number(p.loss)},
            {"copies", open ? copies_json(v, gauge) : json::array()},
            {"imbalance", open ? imbalance_json(v) : json(nullptr)},
            {"workers", open ? workers_json(v, gauge, now_ms) : json::array()},
            {"sentence", run.sentence},
            {"awaits", open ? awaits_json(v, now_ms) : json::array()}};
}

json runs_of(const cluster_view& v, std::int64_t now_ms) {
    json all = json::array();
    for (const auto& r : v.book.open_runs()) all.push_back(run_json(v, r, now_ms));
    const auto& ended = v.book.ended_runs();
    const auto shown = std::min(ended.size(), ended_shown_max);
    for (std::size_t i = 0; i < shown; ++i)
        all.push_back(run_json(v, ended[ended.size() - 1 - i], now_ms));
    return all;
}

json waits_json(const cluster_view& v, std::int64_t now_ms) {
    json all = json::array();
    for (const auto& [node, since_ms] : v.awaited.since_ms())
        all.push_back(fmt::format("{}; run {} fails in {:.1f} s if it does not come back",
                                  describe_silence(v.members[node], v.watch[node], now_ms),
                                  v.active->what.name, seconds(since_ms + v.wait_ms - now_ms)));
    if (v.active || v.book.open_runs().empty()) return all;
    for (const auto node : v.holders)
        all.push_back(fmt::format("run {} waits for node {}, which waits for {}",
                                  v.book.open_runs().front().name, v.members[node].name,
                                  waits_for(v, node)));
    return all;
}

json coordinator_of(const std::vector<cluster_member>& members) {
    for (const auto& m : members)
        if (m.coordinator) return m.name;
    return nullptr;
}

}  // namespace

namespace {

// A millionth is one of all bytes and of all time, in equal parts; where nobody was at work, of all
// bytes.
std::uint64_t load_of(const part_copies& c, const std::vector<part_copies>& all) {
    double sum_bytes = 0, sum_busy = 0;
    for (const auto& p : all) {
        sum_bytes += static_cast<double>(p.bytes);
        sum_busy += p.busy;
    }
    const auto share = [](double of, double sum) { return sum > 0 ? of / sum : 0; };
    const auto bytes = share(static_cast<double>(c.bytes), sum_bytes);
    return static_cast<std::uint64_t>(
        1e6 * (sum_busy > 0 ? (bytes + share(c.busy, sum_busy)) / 2 : bytes));
}

}  // namespace

std::vector<part_load> loads_of_run(const cluster_view& v) {
    std::vector<part_load> all;
    if (!v.active) return all;
    const auto& copies = v.active->gauge.copies();
    for (const auto& c : copies) {
        part_load p{{c.part.role, c.part.index}, load_of(c, copies), {}, {}};
        for (auto at = p.part; at.copy < replicas_max; ++at.copy)
            if (const auto n = node_of_part(v, at)) p.places.push_back(*n);
        for (const auto copy : c.members)
            if (const auto n = node_of_part(v, {c.part.role, c.part.index, copy}))
                p.nodes.push_back(*n);
        all.push_back(std::move(p));
    }
    return all;
}

std::string status_json(const cluster_view& v, std::int64_t now_ms) {
    json nodes = json::array();
    for (std::uint32_t i = 0; i < v.members.size(); ++i)
        if (!v.members[i].removed || v.watch[i].here()) nodes.push_back(node_json(v, i, now_ms));
    return text_of({{"cluster", v.cluster},
                    {"coordinator", coordinator_of(v.members)},
                    {"time_s", v.time_s},
                    {"nodes", std::move(nodes)},
                    {"shards", shards_json(v)},
                    {"runs", runs_of(v, now_ms)},
                    {"waits", waits_json(v, now_ms)}});
}

std::string runs_json(const run_book& book) {
    json all = json::array();
    const auto add = [&](const booked_run& r) {
        all.push_back({{"run", r.number},
                       {"name", r.name},
                       {"state", name_of(r.state)},
                       {"submitted_s", r.time_s},
                       {"sentence", r.sentence}});
    };
    for (const auto& r : book.open_runs()) add(r);
    for (auto r = book.ended_runs().rbegin(); r != book.ended_runs().rend(); ++r) add(*r);
    return text_of({{"runs", std::move(all)}});
}

}  // namespace slackline
