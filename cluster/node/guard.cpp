#include "cluster/node/guard.hpp"

#include <fmt/format.h>
#include <unistd.h>

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

[[noreturn]] void be_node(const std::function<int(bool)>& node_main, bool again) noexcept {
    const int code = node_main(again);
    std::fflush(nullptr);
    ::_exit(code);
}

class guarded {
public:
    guarded(const guard_settings& settings, const std::function<int(bool)>& node_main)
        : settings_(settings),
          node_main_(node_main),
          core_({strategy::one_for_one,
                 settings.restarts_max,
                 settings.period_ms,
                 {{"node " + settings.node, restart_kind::transient, settings.stop_ms}}}) {}

    int follow() {
        carry_out(core_.start(clock_.now_ms()));
        while (!code_) {
            hear(signals_.wait(asked_ != 0 ? stopping_ms : look_ms));
            if (pid_ != 0) look();
            carry_out(core_.tick(clock_.now_ms()));
            if (!code_ && killed_at_ms_ && clock_.now_ms() >= *killed_at_ms_ + killed_ms) end("");
        }
        return *code_;
    }

private:
    void carry_out(const supervision_commands& commands) {
        for (const auto& c : commands) switch (c.step) {
                case supervision_step::start:
                    start();
                    break;
                case supervision_step::stop:  // hear() has passed the signal on
                    break;
                case supervision_step::kill:
                    ::kill(pid_, SIGKILL);
                    killed_at_ms_ = clock_.now_ms();
                    break;
                case supervision_step::end:
                    end(c.reason);
                    break;
            }
    }

    void hear(int signal) {
        if (signal == 0 || signal == SIGCHLD) return;
        if (pid_ != 0) ::kill(pid_, signal);
        if (signal == SIGUSR1 || signal == SIGHUP) return;
        asked_ = signal;
        carry_out(core_.stop(clock_.now_ms()));
    }

    void start() {
        while (const int signal = signals_.wait(0)) hear(signal);
        if (asked_ != 0) return start_failed("it is to stop");
        if (last_) tell("; it is started again");
        std::fflush(nullptr);
        const auto child = fork_child(signals_);
        if (!child) return start_failed(child.error().sentence);
        if (*child == 0) be_node(node_main_, last_.has_value());
        pid_ = last_pid_ = *child;
        carry_out(core_.started(0, clock_.now_ms()));
    }

    void start_failed(const std::string& why) {
        carry_out(core_.start_failed(0, why, clock_.now_ms()));
    }

    void look() {
        const auto end = ended(pid_);
        if (!end) return;
        last_ = end;
        pid_ = 0;
        const bool abnormal = end->signal != 0 || end->code == exit_wants_fresh_process;
        carry_out(core_.exited(0, abnormal ? exit_kind::abnormal : exit_kind::normal,
                               fmt::format("process {} {}", last_pid_, told(*end)),
                               clock_.now_ms()));
        if (!abnormal) carry_out(core_.stop(clock_.now_ms()));
    }

    void tell(const char* then) const {
        std::fprintf(stderr, "slackline: node %s: process %d ended %s%s\n", settings_.node.c_str(),
                     static_cast<int>(last_pid_), told(*last_).c_str(), then);
    }

    void end(const std::string& reason) {
        if (!reason.empty()) {
            code_ = complain({failure_code::exhausted,
                              reason + "; remove the cause, then start the node again"});
        } else if (killed_at_ms_) {
            code_ = complain(
                {failure_code::exhausted,
                 fmt::format("node {}: process {} did not end within {} ms of being asked to and "
                             "was killed; what it had not saved is lost",
                             settings_.node, last_pid_, settings_.stop_ms)});
        } else {
            if (last_ && last_->signal != 0 && last_->signal != asked_)
                tell(" when it was to stop; what it had not saved is lost");
            code_ = last_ ? exit_code(*last_) : 128 + asked_;
        }
    }

    const guard_settings& settings_;
    const std::function<int(bool)>& node_main_;
    taken_signals signals_{SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
    steady_clock_edge clock_;
    supervision core_;
    pid_t pid_ = 0;  ///< 0: there is none
    pid_t last_pid_ = 0;
    std::optional<process_end> last_;
    int asked_ = 0;  ///< the signal that asked to stop
    std::optional<std::int64_t> killed_at_ms_;
    std::optional<int> code_;
};

}  // namespace

int guard(const guard_settings& settings, const std::function<int(bool)>& node_main) {
    return guarded(settings, node_main).follow();
}

}  // namespace slackline
