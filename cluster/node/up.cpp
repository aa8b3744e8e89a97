#include "cluster/node/up.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "actors/supervision.hpp"
#include "cluster/complain.hpp"
#include "cluster/node/child_process.hpp"
#include "cluster/process_edges.hpp"

namespace slackline {

namespace {

constexpr std::int64_t look_ms = 1'000;    // without a signal; SIGCHLD tells of an end
constexpr std::int64_t stopping_ms = 20;   // the same, while there is a time limit
constexpr std::int64_t killed_ms = 5'000;  // for the system to end what was killed

enum class stop_phase { none, first_asked, all_asked, all_killed };

struct watched_child {
    up_child what;
    pid_t pid = 0;  ///< 0: it does not run
    std::optional<process_end> last = {};
};

child_rule rule_of(const up_settings& settings, const up_child& c) {
    return {"node " + c.name, restart_kind::transient, settings.stop_ms};
}

supervision_rules rules_of(const up_settings& settings, const std::vector<up_child>& children) {
    supervision_rules rules{strategy::one_for_one, settings.restarts_max, settings.period_ms, {}};
    for (const auto& c : children) rules.children.push_back(rule_of(settings, c));
    return rules;
}

class watched_children {
public:
    watched_children(const up_settings& settings, std::vector<up_child> children,
                     const std::function<result<std::vector<up_child>>()>& reread)
        : settings_(settings), reread_(reread), core_(rules_of(settings, children)) {
        for (auto& c : children) children_.push_back({std::move(c)});
    }

    int follow() {
        carry_out(core_.start(clock_.now_ms()));
        while (!code_) {
            hear(signals_.wait(phase_ == stop_phase::none ? look_ms : stopping_ms));
            for (std::size_t c = 0; c < children_.size(); ++c) look(c);
            if (!any_runs(false)) carry_out(core_.stop(clock_.now_ms()));
            if (!code_ && phase_ != stop_phase::none) stop_further();
        }
        return *code_;
    }

private:
    // The core stops children one by one; here they are stopped in two groups, and it is told of
    // every end until none is left.
    void carry_out(const supervision_commands& commands) {
        for (const auto& c : commands) switch (c.step) {
                case supervision_step::start:
                    start(c.child);
                    break;
                case supervision_step::stop:
                case supervision_step::kill:
                    if (phase_ == stop_phase::none) next_phase(stop_phase::first_asked);
                    break;
                case supervision_step::end:
                    end(c.reason);
                    break;
            }
    }

    void hear(int signal) {
        if (signal == SIGHUP) return reread();
        if (signal != SIGTERM && signal != SIGINT) return;
        if (signal == SIGINT && phase_ == stop_phase::first_asked)
            return next_phase(stop_phase::all_asked);
        if (asked_ == 0) asked_ = signal;
        carry_out(core_.stop(clock_.now_ms()));
    }

    void reread() {
        if (asked_ != 0) return;
        for (std::size_t c = 0; c < children_.size(); ++c) look(c);
        for (const auto& c : children_)
            if (c.pid != 0 && c.what.first_to_stop) ::kill(c.pid, SIGHUP);
        auto now = reread_();
        if (!now) {
            std::fprintf(stderr, "slackline: %s\n", now.error().sentence.c_str());
            return;
        }
        for (auto& c : *now) {
            const auto known =
                std::find_if(children_.begin(), children_.end(),
                             [&](const watched_child& w) { return w.what.name == c.name; });
            const auto at = static_cast<std::size_t>(known - children_.begin());
            if (known == children_.end()) {
                const auto rule = rule_of(settings_, c);
                children_.push_back({std::move(c)});
                carry_out(core_.add(rule, clock_.now_ms()));
            } else if (known->pid == 0) {
                known->what = std::move(c);
                known->last.reset();
                carry_out(core_.start_again(at, clock_.now_ms()));
            }
        }
    }

    void start(std::size_t child) {
        while (const int signal = signals_.wait(0)) hear(signal);
        if (asked_ != 0) return start_failed(child, "it is to stop");
        auto& c = children_[child];
        if (c.last)
            std::fprintf(stderr, "slackline: node %s ended %s; it is started again\n",
                         c.what.name.c_str(), told(*c.last).c_str());
        const auto started = execute(c.what.command, signals_);
        if (!started) return start_failed(child, started.error().sentence);
        c.pid = *started;
        carry_out(core_.started(child, clock_.now_ms()));
    }

    void start_failed(std::size_t child, const std::string& why) {
        carry_out(core_.start_failed(child, why, clock_.now_ms()));
    }

    void look(std::size_t child) {
        auto& c = children_[child];
        if (c.pid == 0) return;
        const auto end = ended(c.pid);
        if (!end) return;
        c.pid = 0;
        c.last = end;
        const bool by_itself = phase_ == stop_phase::none && end->code != 0;
        if (by_itself) child_code_ = end->code;
        carry_out(core_.exited(child, end->signal != 0 ? exit_kind::abnormal : exit_kind::normal,
                               told(*end), clock_.now_ms()));
        if (by_itself) carry_out(core_.stop(clock_.now_ms()));
    }

    bool any_runs(bool of_the_first) const {
        return std::any_of(children_.begin(), children_.end(), [&](const watched_child& c) {
            return c.pid != 0 && (!of_the_first || c.what.first_to_stop);
        });
    }

    void stop_further() {
        const bool late = clock_.now_ms() >= phase_ends_ms_;
        if (phase_ == stop_phase::first_asked && (late || !any_runs(true)))
            next_phase(stop_phase::all_asked);
        else if (phase_ == stop_phase::all_asked && late)
            next_phase(stop_phase::all_killed);
        else if (phase_ == stop_phase::all_killed && late)
            code_ = complain({failure_code::exhausted,
                              "a node that was killed does not end, for the system holds it; see "
                              "what it waits for, or restart this host"});
    }

    void next_phase(stop_phase next) {
        phase_ = next;
        const bool kills = next == stop_phase::all_killed;
        phase_ends_ms_ = clock_.now_ms() + (kills ? killed_ms : settings_.stop_ms);
        for (const auto& c : children_) {
            if (c.pid == 0 || (next == stop_phase::first_asked && !c.what.first_to_stop)) continue;
            if (kills)
                std::fprintf(stderr,
                             "slackline: node %s did not end within %lld ms and is killed; what it "
                             "had not saved is lost\n",
                             c.what.name.c_str(), static_cast<long long>(settings_.stop_ms));
            ::kill(c.pid, kills ? SIGKILL : SIGTERM);
        }
    }

    void end(const std::string& reason) {
        if (!reason.empty())
            code_ =
                complain({failure_code::exhausted,
                          reason + "; all nodes were stopped: remove the cause and start again"});
        else if (child_code_)
            code_ = *child_code_;
        else
            code_ = asked_ != 0 ? 128 + asked_ : 0;
    }

    const up_settings& settings_;
    const std::function<result<std::vector<up_child>>()>& reread_;
    taken_signals signals_{SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    steady_clock_edge clock_;
    supervision core_;
    std::vector<watched_child> children_;
    stop_phase phase_ = stop_phase::none;
    std::int64_t phase_ends_ms_ = 0;
    int asked_ = 0;  ///< the signal that asked to stop
    std::optional<int> child_code_;
    std::optional<int> code_;
};

}  // namespace

int up(const up_settings& settings, std::vector<up_child> children,
       const std::function<result<std::vector<up_child>>()>& reread) {
    return watched_children(settings, std::move(children), reread).follow();
}

}  // namespace slackline
