// Faults that the command line asks for.
#pragma once

#include <string>

#include "cluster/job/job.hpp"
#include "messages/frame.hpp"

namespace slackline {

/// A fault to inject: ends an actor when that part of the items is closed.
struct injected_kill {
    address who;
    double at = 0.5;  ///< in [0, 1]
};

/// "worker:0@50" or "sequencer@25".
result<injected_kill> read_injection(const std::string& text);

/// Refuses one whose actor this job does not have.
result<void> check_injection(const injected_kill& kill, const job& j);

/// For people: "worker 0", "the sequencer".
std::string name_of(address who);

}  // namespace slackline
