// One run of a cluster, submitted or already there, followed until it ends.
//
// A follower only looks on: the run goes on without it. A coordinator that goes away is dialled
// again every heartbeat, and the run is attached to by name once it is back.
// Owner and thread: the main thread, which waits here; every wait has a bound.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "actors/edges.hpp"
#include "actors/run_preparer.hpp"
#include "cluster/client/client_edge.hpp"
#include "cluster/reporter.hpp"

namespace slackline {

struct submission {
    job_text job;
    bool resume = false;
};

struct follow_wish {
    std::string run;
    std::optional<submission> submit;  ///< else the run is there
    std::string cluster_path;          ///< the cluster file, as the user wrote it
    std::string coordinator;           ///< the node's name
    std::int64_t heartbeat_ms = 200;
    report_style style = report_style::plain;
};

struct follow_edges {
    client_dialler dial;
    const clock_edge& clock;
    interruption_edge& interruption;
    std::FILE* out;  ///< for the report
};

/// An error where the run failed, was cancelled or declined, or is lost from sight. Success where
/// it is done, and where the user detached.
result<void> follow(const follow_wish& wish, const follow_edges& edges);

}  // namespace slackline
