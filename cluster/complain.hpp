// How a command ends that failed: one sentence on stderr, and the exit code.
#pragma once

#include <cstdio>

#include "messages/failure.hpp"

namespace slackline {

/// 2 where the user has to change the command, the job or the place; 1 for everything else.
inline int complain(const failure& f) {
    std::fprintf(stderr, "slackline: %s\n", f.sentence.c_str());
    return f.code == failure_code::usage || f.code == failure_code::already_exists ? 2 : 1;
}

}  // namespace slackline
