#include "tests/sim/sim_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "cluster/link/lane_of.hpp"

namespace slackline {

namespace {
constexpr std::int64_t heartbeat_ms = 50;
}

// One end of a connection.
struct sim_network::side {
    std::uint32_t node = 0;
    std::uint32_t peer = 0;
    bool dialler = false;
    std::unique_ptr<connection_core> core;
    bool closed = false;  ///< its stream is
    /// Frames that came before a damaged byte did; none is to come any more.
    std::optional<std::uint64_t> frames_before_damage;
};

struct sim_network::line {
    std::array<side, 2> sides;      ///< 0: the dialler's
    std::array<sim_stream, 2> out;  ///< from the side of this number
};

void network_counts::add(const network_counts& other) {
    bytes += other.bytes;
    opened += other.opened;
    resets += other.resets;
    silences += other.silences;
    damaged += other.damaged;
    refused += other.refused;
    one_way += other.one_way;
}

sim_network::sim_network(std::uint32_t nodes, std::uint64_t seed, stream_faults faults,
                         const clock_edge& clock, std::function<void(address to, frame f)> arrived)
    : random_(seed), faults_(faults), clock_(clock), arrived_(std::move(arrived)), nodes_(nodes) {
    for (auto& n : nodes_) {
        n.peers.resize(nodes);
        n.beat_ms = std::int64_t(random_() % heartbeat_ms);
    }
}

sim_network::~sim_network() = default;

void sim_network::send(std::uint32_t from, std::uint32_t to, const frame& f) {
    const auto lane = lane_of(f.envelope().kind);
    if (auto* s = nodes_[from].peers[to].open(lane)) s->core->send(f);
}

void sim_network::step() {
    const auto now = clock_.now_ms();
    for (std::uint32_t n = 0; n < nodes_.size(); ++n)
        if (now >= nodes_[n].beat_ms) beat(n);
    while (!calls_.empty() && calls_.begin()->first <= now) {
        const auto c = calls_.begin()->second;
        calls_.erase(calls_.begin());
        answer(c);
    }
    for (const auto& l : lines_)
        for (std::size_t to : {0u, 1u}) deliver(*l, to);
    for (const auto& l : lines_)
        for (std::size_t from : {0u, 1u}) write_on(*l, from);
    std::erase_if(lines_, [](const auto& l) { return l->sides[0].closed && l->sides[1].closed; });
}

// ---- connections begin

void sim_network::beat(std::uint32_t n) {
    auto& own = nodes_[n];
    own.beat_ms = clock_.now_ms() + heartbeat_ms;
    for (const auto& l : lines_)
        for (auto& s : l->sides)
            if (s.node == n) s.core->tick(clock_.now_ms());
    for (std::uint32_t to = 0; to < n; ++to)
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            if (!own.peers[to].idle(lane)) continue;
            own.peers[to].called(lane);
            calls_.emplace(clock_.now_ms() + some_delay(), call{n, to, lane});
        }
}

void sim_network::answer(const call& c) {
    if (parted(c.from, c.to) || parted(c.to, c.from))
        return nodes_[c.from].peers[c.to].unanswered(c.lane);
    open_line(c);
}

void sim_network::open_line(const call& c) {
    lines_.push_back(std::make_unique<line>());
    auto& l = *lines_.back();
    for (std::size_t k : {0u, 1u}) {
        auto& s = l.sides[k];
        s.dialler = k == 0;
        s.node = s.dialler ? c.from : c.to;
        s.peer = s.dialler ? c.to : c.from;
        s.core = std::make_unique<connection_core>(settings_of(c, s.dialler), true, heap_buffer,
                                                   events_of(s));
    }
    nodes_[c.from].peers[c.to].tries(c.lane, l.sides.data());
    for (auto& s : l.sides) s.core->begin(clock_.now_ms());
}

session_settings sim_network::settings_of(const call& c, bool dialler) {
    const auto own = dialler ? c.from : c.to;
    session_settings s;
    s.own = {"simulated", fmt::format("n{}", own), nodes_[own].incarnation, heartbeat_ms,
             std::vector<std::byte>(32, std::byte(7))};
    s.dialler = dialler;
    if (dialler) s.wanted = fmt::format("n{}", c.to);
    if (dialler) s.lane = wire::Lane(c.lane);
    for (auto& b : s.nonce) b = std::byte(random_() % 256);
    const auto other = dialler ? c.to : c.from;
    s.admit = [this, own, other](const link_peer& p) -> result<void> {
        if (nodes_[own].peers[other].admits(p.incarnation)) return {};
        return fail(failure_code::refused, "a newer process of this node is here already");
    };
    return s;
}

connection_events sim_network::events_of(side& s) {
    return {[this, &s] { opened(s); }, [this](const frame& f) { arrived_(f.envelope().to, f); },
            [this, &s](const std::string& why) { closed(s, why); }};
}

void sim_network::opened(side& s) {
    if (s.dialler) ++counts_.opened;
    for (const auto& old : nodes_[s.node].peers[s.peer].opened(&s, s.core->session().peer()))
        old.link->core->close(old.why);
}

void sim_network::closed(side& s, const std::string& why) {
    if (why.starts_with("nothing was heard")) ++counts_.silences;
    for (std::size_t lane = 0; lane < lanes; ++lane) nodes_[s.node].peers[s.peer].lost(lane, &s);
}

// ---- bytes

void sim_network::deliver(line& l, std::size_t to) {
    auto& s = l.sides[to];
    while (auto p = l.out[1 - to].arrived(clock_.now_ms())) {
        if (s.closed || s.core->over()) continue;
        if (p->last)
            s.core->lost("the other side closed it");
        else
            feed(s, *p);
    }
}

void sim_network::feed(side& s, const sim_stream::part& p) {
    const auto frames = [&] { return s.core->counters().frames_received; };
    if (p.damaged) {
        ++counts_.damaged;
        s.frames_before_damage = frames();
    }
    for (auto left = std::span(p.bytes); !left.empty() && !s.core->over();) {
        std::size_t taken = 0;
        for (const auto& room : s.core->room()) {
            const auto n = std::min(room.size(), left.size());
            if (n > 0) std::memcpy(room.data(), left.data(), n);
            left = left.subspan(n);
            taken += n;
        }
        s.core->took(taken, clock_.now_ms());
    }
    if (!s.frames_before_damage) return;
    if (frames() != *s.frames_before_damage)
        violations_.push_back(
            fmt::format("a frame came out behind a damaged byte, from node {} "
                        "to node {}",
                        s.peer, s.node));
    if (s.core->over()) ++counts_.refused;
}

void sim_network::write_on(line& l, std::size_t from) {
    auto& s = l.sides[from];
    auto& out = l.out[from];
    const auto now = clock_.now_ms();
    const bool held = parted(s.node, s.peer);
    if (held && !parted_.holds_back) out.vanish();
    const auto not_before_ms = held ? parted_.until_ms : now;
    const auto before = out.bytes();
    while (!s.closed && !out.full(faults_)) {
        const auto& pieces = s.core->next_write();
        if (pieces.empty()) break;
        out.write(pieces, not_before_ms, faults_, random_);
        s.core->wrote();
    }
    counts_.bytes += out.bytes() - before;
    if (s.closed || !s.core->finished()) return;
    s.closed = true;
    out.close(not_before_ms + some_delay());
}

// ---- faults

bool sim_network::parted(std::uint32_t from, std::uint32_t to) const {
    if (clock_.now_ms() >= parted_.until_ms) return false;
    return (parted_.which != direction::to_node && from == parted_.node) ||
           (parted_.which != direction::from_node && to == parted_.node);
}

void sim_network::part(std::uint32_t of, direction which, std::int64_t until_ms) {
    parted_ = {of, which, random_() % 3 == 0, until_ms};
    if (which != direction::both) ++counts_.one_way;
}

void sim_network::reset_one() {
    if (lines_.empty()) return;
    auto& l = *lines_[random_() % lines_.size()];
    ++counts_.resets;
    for (auto& out : l.out) out.reset(clock_.now_ms() + some_delay());
}

void sim_network::cut(std::uint32_t which) {
    ++nodes_[which].incarnation;
    for (const auto& l : lines_)
        for (std::size_t k : {0u, 1u}) {
            if (l->sides[k].node != which || l->sides[k].closed) continue;
            ++counts_.resets;
            l->sides[k].core->lost("this node has died");
            l->sides[k].closed = true;
            l->out[k].reset(clock_.now_ms() + some_delay());
        }
    std::erase_if(calls_, [&](const auto& c) { return c.second.from == which; });
    nodes_[which].peers.assign(nodes_.size(), {});
}

void sim_network::heal() {
    faults_.corruption = 0;
    parted_.until_ms = 0;
}

void sim_network::clear() {
    lines_.clear();
    calls_.clear();
    for (auto& n : nodes_) {
        ++n.incarnation;
        n.peers.assign(nodes_.size(), {});
    }
}

}  // namespace slackline
