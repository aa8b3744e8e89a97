#include "actors/node_watch.hpp"

#include <array>

#include "actors/cause.hpp"

namespace slackline {

namespace {

node_condition condition_of(wire::Hosting hosting) {
    switch (hosting) {
        case wire::Hosting::IDLE:
        case wire::Hosting::OPEN:
            return node_condition::up;
        case wire::Hosting::OPENING:
            return node_condition::opening;
        case wire::Hosting::REFUSED:
            return node_condition::refused;
        case wire::Hosting::LEAVING:
            return node_condition::leaving;
    }
    KJ_FAIL_REQUIRE("a node's state of an unknown kind");
}

void enter(watched_node& n, node_condition condition, std::int64_t since_ms) {
    if (n.condition == condition) return;
    n.condition = condition;
    n.since_ms = since_ms;
}

}  // namespace

const char* name_of(node_condition condition) {
    constexpr std::array names{"absent", "silent", "up", "opening", "refused", "leaving"};
    return names[static_cast<std::size_t>(condition)];
}

void node_watch::hear(wire::Message::Reader m, std::int64_t now_ms) {
    const auto node = m.getFrom().getIndex();
    if (node >= nodes_.size()) return;
    auto& n = nodes_[node];
    const auto s = m.getNodeState();
    const auto order = read_order(m);
    if (s.getIncarnation() < n.incarnation) return;
    if (s.getIncarnation() == n.incarnation && order < n.followed) return;
    n.heard_ms = now_ms;
    n.incarnation = s.getIncarnation();
    n.pid = s.getPid();
    n.parent_pid = s.getParentPid();
    n.program = short_cause(s.getProgram().cStr());
    n.run = s.getRun();
    n.hosting = s.getHosting();
    n.sentence = short_cause(s.getSentence().cStr());
    n.followed = order;
    enter(n, condition_of(n.hosting), now_ms);
}

void node_watch::lost(std::uint32_t node, std::int64_t now_ms) {
    if (node >= nodes_.size() || !nodes_[node].here()) return;
    enter(nodes_[node], node_condition::silent, now_ms);
}

std::int64_t node_watch::tick(std::int64_t now_ms) {
    const auto passed_ms = ticked_ms_ < 0 ? 0 : now_ms - ticked_ms_;
    const bool first = ticked_ms_ < 0;
    ticked_ms_ = now_ms;
    const bool late = passed_ms > dead_ms_;
    for (auto& n : nodes_) {
        if (first && n.condition == node_condition::absent) n.since_ms = now_ms;
        if (late && n.here()) n.heard_ms = now_ms;
        if (n.here() && now_ms - n.heard_ms > dead_ms_)
            enter(n, node_condition::silent, n.heard_ms);
    }
    return late ? passed_ms : 0;
}

}  // namespace slackline
