#include "actors/registrar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/cause.hpp"
#include "actors/wire_job.hpp"
#include "actors/wire_layout.hpp"

namespace slackline {

namespace {
constexpr address registrar_address{role::REGISTRAR, 0};
}

registrar::registrar(registrar_settings settings, registrar_edges edges)
    : settings_(std::move(settings)),
      edges_(std::move(edges)),
      watch_(settings_.nodes.size(), 5 * settings_.heartbeat_ms) {
    replay();
}

void registrar::replay() {
    auto read = edges_.journal.read();
    if (!read) {
        failed_ = read.error().sentence;
        return;
    }
    const bool none = read->empty();
    if (auto r = replay_members(*read); !r) {
        failed_ = fmt::format("{}: {}", edges_.journal.place(), r.error().sentence);
        return;
    }
    auto book = run_book::replay(*read);
    if (!book) {
        failed_ = fmt::format(
            "{}: {}; restore the file, or move it away: its runs are then no "
            "longer known",
            edges_.journal.place(), book.error().sentence);
        return;
    }
    book_ = std::move(*book);
    if (none) return;
    if (auto r = edges_.journal.replace(entries()); !r) failed_ = r.error().sentence;
}

// Takes these entries out of the others.
result<void> registrar::replay_members(std::vector<std::string>& entries) {
    auto removed = removed_nodes::replay(entries);
    if (!removed) return tl::unexpected(removed.error());
    removed_ = std::move(*removed);
    for (const auto& m : settings_.nodes)
        if (!settings_.again) removed_.restore(m.name);  // the file that it is started with has it
    std::vector<joined_node> joined;
    for (const auto& e : entries) {
        if (!tells_of_joining(e)) continue;
        auto node = read_joining(e);
        if (!node) return tl::unexpected(node.error());
        const auto same_name = [&](const auto& m) { return m.name == node->name; };
        if (std::any_of(settings_.nodes.begin(), settings_.nodes.end(), same_name))
            edges_.log(
                fmt::format("node {} had joined, and is in the cluster file now", node->name));
        else
            joined.push_back(std::move(*node));
    }
    std::erase_if(entries, tells_of_joining);
    auto members = edges_.cluster.with(joined, shards());
    if (!members)
        return fail(failure_code::usage,
                    members.error().sentence +
                        "; give the cluster file back what it had when that node joined, or move "
                        "the file away: its runs and who joined are then no longer known");
    if (joined.empty())
        set_members(std::move(*members));
    else
        grow(std::move(joined), std::move(*members));
    for (const auto& name : std::set(removed_.names()))
        if (!node_named(name)) removed_.restore(name);  // nothing remembers it any more
    return {};
}

std::vector<std::string> registrar::entries(const std::vector<joined_node>& joined,
                                            const removed_nodes& removed) const {
    auto all = book_.entries();
    for (const auto& n : joined)
        if (const auto entry = joining(n)) all.push_back(*entry);
    for (auto& e : removed.entries()) all.push_back(std::move(e));
    return all;
}

void registrar::grow(std::vector<joined_node> joined, std::vector<cluster_member> members) {
    edges_.cluster.grow(joined);
    joined_ = std::move(joined);
    set_members(std::move(members));
}

void registrar::set_members(std::vector<cluster_member> members) {
    settings_.nodes = std::move(members);
    for (auto& m : settings_.nodes) m.removed = removed_.has(m.name);
    watch_.grow(settings_.nodes.size());
}

void registrar::handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    if (failed_) return;
    switch (m.getFrom().getRole()) {
        case role::CLIENT:
            return from_client(m, now_ms, out);
        case role::NODE:
            if (m.isNodeState()) watch_.hear(m, now_ms);
            if (m.isRunEvent() && (m.getRunEvent().isHappened() || m.getRunEvent().isWarned()))
                event(f, m, now_ms, out);
            if (m.isPeerChanged()) peer_changed(m.getPeerChanged(), now_ms);
            if (m.isAsk() && m.getAsk().getWhat() == wire::Ask::What::CHECKPOINT)
                control_coordinator(wire::Control::CHECKPOINT, out);  // it leaves, or is asked to
            if (m.isAsk() && m.getAsk().getWhat() == wire::Ask::What::RELOAD)
                if (const auto taken = take_up_file(); !taken) edges_.log(taken.error().sentence);
            return;
        case role::COORDINATOR:
            if (m.isRunEvent()) event(f, m, now_ms, out);
            return;
        default:
            return;
    }
}

void registrar::peer_changed(wire::PeerChanged::Reader p, std::int64_t now_ms) {
    const auto node = p.getNode();
    if (node >= settings_.nodes.size()) return;
    if (p.getUp()) return edges_.log(fmt::format("node {} is connected", name_of_node(node)));
    edges_.log(fmt::format("node {} is not connected: {}", name_of_node(node),
                           short_cause(p.getSentence().cStr())));
    watch_.lost(node, now_ms);
}

void registrar::tick(std::int64_t now_ms, outbox& out) {
    if (failed_) return;
    if (!began_ms_) began_ms_ = closing_ms_ = now_ms;
    const auto late_ms = watch_.tick(now_ms);
    if (active_) judge(now_ms, late_ms, out);
    if (!active_) open_next(now_ms, late_ms, out);
    if (!failed_) assign(out);
}

// The run that a node is to hold. Before the next one is opened that is none, but a node that holds
// it already keeps it: an earlier registrar opened it. One that is removed hands over first.
std::uint64_t registrar::target(std::uint32_t i) const {
    const auto& node = watch_[i];
    if (settings_.nodes[i].removed) {
        const bool holds = active_ && node.here() && node.run == active_->number;
        return holds || has_to_hand_over(i) ? active_->number : 0;
    }
    if (active_) {
        const auto r = refusals_.find(i);
        return r != refusals_.end() && r->second.rests ? 0 : active_->number;
    }
    if (book_.open_runs().empty() || !node.here()) return 0;
    const auto& next = book_.open_runs().front();
    return next.state == run_state::opened && node.run == next.number ? node.run : 0;
}

// It alone may have that part, in memory or in its logs.
bool registrar::has_to_hand_over(std::uint32_t i) const {
    if (!active_) return false;
    const auto& copies = active_->gauge.copies();
    return std::any_of(copies.begin(), copies.end(), [&](const part_copies& p) {
        const auto& where = p.members.empty() ? p.lacking : p.members;
        return std::any_of(where.begin(), where.end(), [&](std::uint16_t copy) {
            return settings_.nodes[i].has_place_for({p.part.role, p.part.index, copy});
        });
    });
}

// One that was started again holds first what it is to hand over.
bool registrar::is_to_leave(std::uint32_t i) const {
    const auto& n = watch_[i];
    const bool holds = active_ && n.run == active_->number &&
                       (n.hosting == wire::Hosting::OPEN || n.hosting == wire::Hosting::LEAVING);
    return settings_.nodes[i].removed && (holds || !has_to_hand_over(i));
}

void registrar::assign(outbox& out) const {
    for (std::uint32_t i = 0; i < watch_.size(); ++i) {
        const auto& node = watch_[i];
        // Unheard, it may hold what it is not to lose: the registrar that opened it is gone.
        if (!active_ && !node.here()) continue;
        const address to{role::NODE, i};
        auto b = ordered_message(registrar_address, to, {settings_.incarnation, step_});
        auto a = b.root().initAssign();
        const auto run = target(i);
        a.setRun(run);
        a.setLeave(is_to_leave(i));
        auto joined = a.initJoined(static_cast<unsigned>(joined_.size()));
        for (unsigned k = 0; k < joined.size(); ++k) slackline::write(joined_[k], joined[k]);
        if (active_ && node.here() && run != 0 && node.run != run) write_spec(a.initSpec());
        out.push_back({to, b.finish()});
    }
}

void registrar::write_spec(wire::RunSpec::Builder to) const {
    to.setRun(active_->number);
    write(active_->what.job, to.initJob());
    to.setSamples(active_->what.samples);
    to.setChecksum(active_->what.checksum);
    write(active_->what.layout, to);
    to.setFirstEra(active_->what.first_era);
    to.setAdopt(active_->adopt);
    std::vector<std::uint32_t> removed;
    for (std::uint32_t n = 0; n < settings_.nodes.size(); ++n)
        if (settings_.nodes[n].removed) removed.push_back(n);
    auto numbers = to.initRemoved(static_cast<unsigned>(removed.size()));
    for (unsigned k = 0; k < numbers.size(); ++k) numbers.set(k, removed[k]);
}

cluster_view registrar::view() const {
    return {settings_.cluster,
            settings_.wait_ms,
            edges_.unix_time_s(),
            settings_.nodes,
            watch_,
            book_,
            active_,
            told_,
            awaited_,
            holders()};
}

frame_builder registrar::message(address to, std::uint64_t run) const {
    return {registrar_address, to, run, 0};
}

}  // namespace slackline
