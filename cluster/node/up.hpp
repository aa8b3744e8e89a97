// Several programs as the children of one process, that are started, watched and stopped together.
//
// Supervision (actors/supervision.hpp, one_for_one) decides what is started again and when it is
// enough. Owner and thread: the first thread, before the process has any other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "messages/failure.hpp"

namespace slackline {

struct up_settings {
    std::uint32_t restarts_max = 3;  ///< of all children together
    std::int64_t period_ms = 5'000;
    std::int64_t stop_ms = 45'000;  ///< for those that stop first, and again for the others
};

struct up_child {
    std::string name;
    std::vector<std::string> command;  ///< the first word is the program's path
    bool first_to_stop = false;
};

/// Returns when no child is left. A child that a signal ended is started again. SIGTERM and SIGINT
/// stop those that are first to stop, then the others, then kill what is left; a further SIGINT
/// asks all of them at once. Exit codes: 0 all children ended with 0; a child's own where it ended
/// by itself with another, after the others were stopped; 143 after SIGTERM, 130 after SIGINT; 1,
/// with one sentence on stderr, where a program cannot be executed or children ended too often.
/// When this process is killed, all children are too.
///
/// SIGHUP: who is first to stop gets it, too; then `reread` tells the children anew: those that are
/// new, or have ended by themselves with 0, are started. What it cannot tell is said on stderr.
int up(const up_settings& settings, std::vector<up_child> children,
       const std::function<result<std::vector<up_child>>()>& reread);

}  // namespace slackline
