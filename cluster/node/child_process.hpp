// A process that this one starts, that cannot outlive it, and how it ended.
//
// A child is killed by the system when the thread that started it ends, however that ends: start
// children from the first thread. A child leads a process group of its own, so a terminal's Ctrl-C
// reaches its parent alone. It has the signal mask and actions from before `signals`.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "cluster/node/signals.hpp"
#include "messages/failure.hpp"

namespace slackline {

struct process_end {
    int code = 0;    ///< its exit code; 0 where a signal ended it
    int signal = 0;  ///< the signal that ended it; 0 where it exited
};

/// "by SIGSEGV", or "with exit code 3".
std::string told(const process_end& end);

/// What a shell would say of it: its exit code, or 128 and the signal.
int exit_code(const process_end& end);

/// The child's number, and 0 in the child. This process has no other thread.
result<pid_t> fork_child(const taken_signals& signals);

/// Starts a program; the first word is its path. An error where it cannot be executed: no child is
/// left then.
result<pid_t> execute(std::vector<std::string> command, const taken_signals& signals);

/// How a child ended, asked once; none while it runs.
std::optional<process_end> ended(pid_t child);

}  // namespace slackline
