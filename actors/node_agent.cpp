#include "actors/node_agent.hpp"

#include <utility>

namespace slackline {

namespace {
constexpr std::uint32_t silent_beats_max = 10;  // then the registrar is gone
}

node_agent::node_agent(node_agent_settings settings, run_host& host,
                       std::function<void(const std::vector<joined_node>&)> grows)
    : settings_(std::move(settings)), host_(host), grows_(std::move(grows)) {}

void node_agent::handle(const frame& f, wire::Message::Reader m, std::int64_t, outbox&) {
    if (!m.isAssign() || m.getFrom().getRole() != role::REGISTRAR) return;
    silent_beats_ = 0;
    const auto order = read_order(m);
    if (order < followed_) return;
    followed_ = order;
    const auto assign = m.getAssign();
    if (const auto joined = assign.getJoined(); joined.size() > joined_) {
        joined_ = joined.size();
        grows_(read(joined));
    }
    if (assign.getLeave()) {
        removed_ = true;  // also where it is wanted again before it has left
        leave();
    }
    const auto wanted = assign.getRun();
    const auto held = host_.now().run;
    if (held != 0 && held != wanted) close(held);
    if (host_.now().run != 0) return;
    closing_ = 0;
    const bool can_open = !leaving_ && wanted != 0 && assign.hasSpec();
    if (can_open && assign.getSpec().getRun() == wanted) host_.open(f, assign.getSpec());
}

// Once a run: it takes a while, and assignments come every heartbeat.
void node_agent::close(std::uint64_t run) {
    if (closing_ == run) return;
    closing_ = run;
    host_.close();
}

void node_agent::tick(std::int64_t, outbox& out) {
    if (silent_beats_ < silent_beats_max) ++silent_beats_;
    constexpr address registrar{role::REGISTRAR, 0};
    const auto now = host_.now();
    auto b = ordered_message({role::NODE, settings_.index}, registrar, followed_);
    auto s = b.root().initNodeState();
    s.setIncarnation(settings_.incarnation);
    s.setPid(settings_.pid);
    s.setParentPid(settings_.parent_pid);
    s.setProgram(settings_.program);
    s.setRun(now.run);
    s.setHosting(leaving_ ? wire::Hosting::LEAVING : now.hosting);
    s.setSentence(now.sentence);
    out.push_back({registrar, b.finish()});
}

void node_agent::leave() {
    if (leaving_) return;
    leaving_ = true;
    host_.drain();
}

bool node_agent::hears() const {
    return silent_beats_ < silent_beats_max;
}

bool node_agent::left() const {
    if (!leaving_) return false;
    return hears() || removed_ ? host_.drained() : host_.handed_back();
}

}  // namespace slackline
