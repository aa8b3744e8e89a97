// The registrar: the run that is open, what it waits for, and the one that comes next.
#include <fmt/format.h>

#include <utility>

#include "actors/cause.hpp"
#include "actors/registrar.hpp"

namespace slackline {

namespace {

run_state read(wire::Ended::How how) {
    switch (how) {
        case wire::Ended::How::DONE:
            return run_state::done;
        case wire::Ended::How::FAILED:
            return run_state::failed;
        case wire::Ended::How::CANCELLED:
            return run_state::cancelled;
    }
    KJ_FAIL_REQUIRE("an end of an unknown kind");
}

wire::Ended::How to_wire(run_state ended) {
    switch (ended) {
        case run_state::done:
            return wire::Ended::How::DONE;
        case run_state::failed:
            return wire::Ended::How::FAILED;
        case run_state::cancelled:
            return wire::Ended::How::CANCELLED;
        default:
            KJ_FAIL_REQUIRE("a run that has not ended");
    }
}

}  // namespace

// Journals what happened, then it has happened. False: the registrar has failed.
bool registrar::record(const std::string& entry) {
    auto done = edges_.journal.append(entry);
    if (done) done = book_.apply(entry);
    if (!done) failed_ = done.error().sentence;
    if (done) compact();
    return done.has_value();
}

void registrar::compact() {
    if (++appended_ < appended_max) return;
    appended_ = 0;
    if (auto done = edges_.journal.replace(entries()); !done)  // what it has stays good
        edges_.log(done.error().sentence);
}

void registrar::judge(std::int64_t now_ms, std::int64_t late_ms, outbox& out) {
    for (std::uint32_t i = 0; i < watch_.size(); ++i) {
        const auto& n = watch_[i];
        const bool holds = n.run == active_->number && n.hosting == wire::Hosting::OPEN;
        if (holds || !n.here()) unanswered_.erase(i);
        const auto r = refusals_.find(i);
        if (r != refusals_.end() && now_ms - r->second.at_ms >= 25 * settings_.heartbeat_ms)
            r->second.rests = false;
        if (n.condition != node_condition::refused || n.run != active_->number) continue;
        if (r != refusals_.end() && r->second.rests) continue;  // it has not let go of it yet
        if (spares(i)) {
            let_rest(i, now_ms);
            continue;
        }
        return end(active_->number, run_state::failed,
                   fmt::format("node {} refuses run {}: {}", name_of_node(i), active_->what.name,
                               n.sentence),
                   now_ms, out);
    }
    watch_needed(now_ms, late_ms, out);
}

// Whether the open run goes on without what this node has of it: workers only, and others compute.
// Not at the run's beginning, for then whoever submits it is there to be told.
bool registrar::spares(std::uint32_t node) const {
    const auto& m = settings_.nodes[node];
    if (m.joined || m.removed) return true;
    if (m.coordinator || m.sequencer || !m.shards.empty()) return false;
    const bool begun = active_->gauge.progress().count > 0 || active_->begun;
    if (!begun || unanswered_.contains(node)) return false;
    for (std::uint32_t i = 0; i < watch_.size(); ++i)
        if (i != node && !settings_.nodes[i].workers.empty() && watch_[i].here() &&
            watch_[i].run == active_->number && watch_[i].hosting == wire::Hosting::OPEN)
            return true;
    return false;
}

void registrar::let_rest(std::uint32_t node, std::int64_t now_ms) {
    const auto& sentence = watch_[node].sentence;
    auto& r = refusals_[node];
    if (r.sentence != sentence)
        edges_.log(
            fmt::format("node {} refuses run {}, which goes on without it: {}; the node "
                        "tries again every {:g} s",
                        name_of_node(node), active_->what.name, sentence,
                        static_cast<double>(25 * settings_.heartbeat_ms) / 1'000));
    r = {now_ms, sentence, true};
}

void registrar::watch_needed(std::int64_t now_ms, std::int64_t late_ms, outbox& out) {
    const auto changes =
        awaited_.update(settings_.nodes, active_->gauge.copies(), watch_, now_ms, late_ms);
    const auto& name = active_->what.name;
    const double wait_s = static_cast<double>(settings_.wait_ms) / 1'000;
    const auto silence = [&](std::uint32_t i) {
        return describe_silence(settings_.nodes[i], watch_[i], now_ms);
    };
    for (const auto i : changes.begun)
        edges_.log(fmt::format("{}; run {} waits for it until {:g} s have passed", silence(i), name,
                               wait_s));
    for (const auto i : changes.over)
        edges_.log(fmt::format("run {} no longer waits for node {}", name, name_of_node(i)));
    if (const auto i = awaited_.overdue(now_ms, settings_.wait_ms))
        end(active_->number, run_state::failed,
            fmt::format("{}, and run {} has waited {:g} s for it; start the node and submit the "
                        "run again, to resume from its last checkpoint",
                        silence(*i), name, wait_s),
            now_ms, out);
}

// The nodes that speak and may hold another run than the next: those that say so, and those that
// have not followed this registrar yet, whom an older assignment may still reach.
std::vector<std::uint32_t> registrar::holders() const {
    std::vector<std::uint32_t> nodes;
    if (active_) return nodes;
    const assignment_order now{settings_.incarnation, step_};
    for (std::uint32_t i = 0; i < watch_.size(); ++i) {
        const auto& n = watch_[i];
        if (n.here() && (n.followed != now || n.run != target(i))) nodes.push_back(i);
    }
    return nodes;
}

void registrar::open_next(std::int64_t now_ms, std::int64_t late_ms, outbox& out) {
    closing_ms_ += late_ms;
    if (book_.open_runs().empty()) {
        closing_ms_ = now_ms;
        return;
    }
    bool all_heard = true;
    for (std::uint32_t i = 0; i < watch_.size(); ++i)
        if (watch_[i].condition == node_condition::absent && !settings_.nodes[i].removed)
            all_heard = false;
    if (!all_heard && now_ms - *began_ms_ <= dead_ms()) return;
    const auto& next = book_.open_runs().front();
    const auto waited_for = holders();
    if (waited_for.empty()) return open(next, now_ms, out);
    if (now_ms - closing_ms_ < settings_.wait_ms) return;
    end(next.number, run_state::failed,
        fmt::format("node {} still holds another run after {:g} s, and run {} cannot be opened; "
                    "restart the node and submit the run again",
                    name_of_node(waited_for.front()),
                    static_cast<double>(settings_.wait_ms) / 1'000, next.name),
        now_ms, out);
}

// A run that was opened before may have checkpoints by now, which is no reason to refuse it.
result<prepared_run> registrar::prepare(const booked_run& run) {
    if (resharding_ && resharding_->as == run.number) return resharding_->to;
    auto what = edges_.preparer.prepare(run.job, run.resume, run.shards);
    if (what || !run.begun() || run.resume) return what;
    if (what.error().code != failure_code::already_exists) return what;
    return edges_.preparer.prepare(run.job, true, run.shards);
}

void registrar::open(const booked_run& run, std::int64_t now_ms, outbox& out) {
    auto what = prepare(run);
    if (!what) return end(run.number, run_state::failed, what.error().sentence, now_ms, out);
    auto members = edges_.cluster.with(joined_, what->shards);
    if (!members) return end(run.number, run_state::failed, members.error().sentence, now_ms, out);
    if (auto room = has_nodes_for(*what); !room)
        return end(run.number, run_state::failed, room.error().sentence, now_ms, out);
    const bool adopt = run.state == run_state::opened;
    const bool begun = run.begun();
    if (begun) what->first_era = run.first_era;
    if (!adopt && !record(run_book::opening(run.number, what->first_era, what->shards))) return;
    set_members(std::move(*members));
    const bool resharded = resharding_ && resharding_->as == run.number;
    auto gauge = resharded ? std::move(resharding_->gauge) : run_gauge();
    resharding_.reset();
    active_.emplace(active_run{run.number, std::move(*what), adopt, begun, std::move(gauge)});
    awaited_.clear();
    refusals_.clear();
    unanswered_.clear();
    for (std::uint32_t i = 0; i < watch_.size(); ++i)
        if (!begun && watch_[i].here() && !settings_.nodes[i].removed) unanswered_.insert(i);
    ++step_;
    edges_.log(fmt::format("run {} (number {}) is {}", run.name, run.number,
                           adopt ? "taken over" : "opened"));
}

void registrar::end(std::uint64_t number, run_state how, const std::string& sentence,
                    std::int64_t now_ms, outbox& out) {
    if (!record(run_book::end(number, how, short_cause(sentence)))) return;
    const auto& run = book_.ended_runs().back();
    if (active_ && active_->number == number) told_[number] = active_->gauge;
    std::erase_if(told_, [&](const auto& t) { return book_.find(t.first) == nullptr; });
    for (const auto client : followers_.of(number)) tell_end(client, run, out);
    edges_.log(fmt::format("run {} (number {}) has ended: {}{}{}", run.name, number, name_of(how),
                           run.sentence.empty() ? "" : "; ", run.sentence));
    closing_ms_ = now_ms;
    const bool was_active = active_ && active_->number == number;
    if (was_active || (resharding_ && resharding_->as == number)) resharding_.reset();
    if (!was_active) return;
    active_.reset();
    awaited_.clear();
    ++step_;
}

void registrar::tell_end(std::uint32_t client, const booked_run& run, outbox& out) const {
    const address to{role::CLIENT, client};
    auto b = message(to, run.number);
    auto e = b.root().initRunEvent().initEnded();
    e.setHow(to_wire(run.state));
    e.setSentence(run.sentence);
    out.push_back({to, b.finish()});
}

void registrar::event(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    if (!active_ || m.getRun() != active_->number) return;
    const auto e = m.getRunEvent();
    if (e.isEnded())
        return end(active_->number, read(e.getEnded().getHow()), e.getEnded().getSentence().cStr(),
                   now_ms, out);
    if (e.isHeld()) return held(e.getHeld(), now_ms, out);
    active_->gauge.note(f, m, now_ms);
    for (const auto client : followers_.of(active_->number)) pass_on(m, client, out);
}

}  // namespace slackline
