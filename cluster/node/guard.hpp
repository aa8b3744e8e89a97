// A node's process, watched by a small one that starts it again.
//
// The parent has no thread and allocates next to nothing: what ends the node's process (a native
// crash, SIGKILL for the memory it took) does not end it. Supervision (actors/supervision.hpp)
// decides: one transient child, that ends abnormally by a signal or with
// `exit_wants_fresh_process`. Owner and thread: the first thread, before the process has any other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace slackline {

/// The node's supervisors gave up: a fresh process may do better.
constexpr int exit_wants_fresh_process = 70;

struct guard_settings {
    std::string node;
    std::uint32_t restarts_max = 3;
    std::int64_t period_ms = 5'000;
    std::int64_t stop_ms = 40'000;  ///< from being asked to stop to being killed
};

/// Runs `node_main` in a child, and again after each abnormal end, which it is told; returns the
/// last child's exit code, or 128 and the signal that ended it while it was to stop. SIGTERM,
/// SIGINT, SIGUSR1 and SIGHUP are passed on to the child; after the first two it is not started
/// again. 1, with one sentence on stderr: it ended abnormally more than `restarts_max` times within
/// `period_ms`, it could not be started, or it did not stop in time. In the child, `node_main`
/// finds the signals as they were before; what it throws is a crash. When this process is killed,
/// the child is too.
int guard(const guard_settings& settings, const std::function<int(bool again)>& node_main);

}  // namespace slackline
