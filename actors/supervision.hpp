// A supervisor's decisions: which children to start, stop and restart, and when to give up.
//
// Semantics are those of Erlang/OTP's supervisor behaviour (its reference manual, "supervisor"):
// strategies one_for_one, one_for_all, rest_for_one; permanent, transient and temporary children;
// more than `restarts_max` restarts within `period_ms` end the supervisor; a start that fails
// during a restart counts as another restart, at the first start it ends the supervisor; a restart
// of several children starts all of them but temporary ones, a transient one that had ended too;
// children start in order and stop in reverse order, one at a time, killed when their time is over.
//
// Pure core: told of events and the time, it answers with commands. Owner and thread: one actor.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

namespace slackline {

enum class strategy { one_for_one, one_for_all, rest_for_one };

enum class restart_kind {
    permanent,  ///< always restarted
    transient,  ///< restarted unless it ended normally or was shut down
    temporary,  ///< never restarted
};

enum class exit_kind { normal, abnormal };

struct child_rule {
    std::string name;
    restart_kind restart = restart_kind::permanent;
    std::int64_t shutdown_ms = 5'000;  ///< from being asked to stop to being killed
};

struct supervision_rules {
    slackline::strategy strategy = slackline::strategy::one_for_one;
    std::uint32_t restarts_max = 3;
    std::int64_t period_ms = 5'000;
    std::vector<child_rule> children;
};

enum class supervision_step {
    start,
    stop,
    kill,
    end,  ///< the supervisor is over and every child is down
};

struct supervision_command {
    supervision_step step;
    std::size_t child = 0;
    std::string reason = {};  ///< of an end; empty: it was asked to stop
};
using supervision_commands = std::vector<supervision_command>;

class supervision {
public:
    explicit supervision(supervision_rules rules);

    supervision_commands start(std::int64_t now_ms);
    supervision_commands started(std::size_t child, std::int64_t now_ms);
    supervision_commands start_failed(std::size_t child, const std::string& why,
                                      std::int64_t now_ms);
    supervision_commands exited(std::size_t child, exit_kind how, const std::string& why,
                                std::int64_t now_ms);
    /// One more child, behind the others; and one that is down, which is to run again. (OTP's
    /// start_child and restart_child.)
    supervision_commands add(child_rule rule, std::int64_t now_ms);
    supervision_commands start_again(std::size_t child, std::int64_t now_ms);
    supervision_commands stop(std::int64_t now_ms);
    supervision_commands tick(std::int64_t now_ms);

    const supervision_rules& rules() const { return rules_; }
    std::uint64_t restarts() const { return restarts_total_; }

private:
    enum class life { down, starting, up, stopping, killed };

    bool another_restart(std::int64_t now_ms);
    void restart(std::size_t child);
    void give_up(const std::string& why);
    bool busy() const;
    supervision_commands advance(std::int64_t now_ms);

    supervision_rules rules_;
    std::vector<life> lives_;
    std::vector<std::int64_t> kill_at_ms_;
    std::set<std::size_t> to_stop_;
    std::set<std::size_t> to_start_;
    std::deque<std::int64_t> restarted_ms_;
    std::uint64_t restarts_total_ = 0;
    bool first_start_ = true;
    bool ending_ = false;
    bool over_ = false;
    std::string reason_;
};

}  // namespace slackline
