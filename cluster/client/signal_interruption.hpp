// Ctrl-C and SIGTERM as the end of a command that only looks on.
#pragma once

#include "cluster/client/client_edge.hpp"

namespace slackline {

class signal_interruption : public interruption_edge {
public:
    /// Blocks both signals in this thread and in those that it starts from now on: make it first.
    /// A closed standard output is an error of a write from now on, no signal.
    signal_interruption();

    bool interrupted(std::int64_t wait_ms) override;
};

}  // namespace slackline
