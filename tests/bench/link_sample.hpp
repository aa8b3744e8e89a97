// One measurement of work between two processes through Slackline's links.
#pragma once

#include "cluster/link/connection.hpp"
#include "tests/bench/link_driver.hpp"

namespace slackline::bench {

enum class route {
    local,    ///< the Unix socket, as nodes of one host have it; bodies without checksums
    between,  ///< TCP on loopback, as nodes of two hosts have it; bodies with checksums
};

struct link_sample {
    double seconds = 0;    ///< for the items behind the warm ones
    double worker_s = 0;   ///< processor time of the worker's process meanwhile
    link_counters worker;  ///< of everything, the warm items included
    link_counters shard;
};

/// A shard in a process of its own, a link_driver in this one. Main thread, and no other is there:
/// the process forks. Throws std::runtime_error.
link_sample run_link(const link_work& work, route over);

}  // namespace slackline::bench
