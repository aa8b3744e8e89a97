// What a cluster and its runs are like at one moment, as JSON on one line. docs/cluster.md tells
// its fields.
//
// Pure; thread: the registrar's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/awaited_nodes.hpp"
#include "actors/rebalance.hpp"
#include "actors/run_book.hpp"
#include "actors/run_gauge.hpp"

namespace slackline {

/// The run that is open.
struct active_run {
    std::uint64_t number = 0;
    prepared_run what;
    bool adopt = false;  ///< an earlier registrar opened it
    bool begun = false;  ///< it was trained before it was opened now
    run_gauge gauge;
};

/// What the registrar lends for one answer.
struct cluster_view {
    const std::string& cluster;
    std::int64_t wait_ms;
    std::int64_t time_s;  ///< seconds since 1970
    const std::vector<cluster_member>& members;
    const node_watch& watch;
    const run_book& book;
    const std::optional<active_run>& active;
    const std::map<std::uint64_t, run_gauge>& told;  ///< of runs that have ended, as far as known
    const awaited_nodes& awaited;
    std::vector<std::uint32_t> holders;  ///< nodes that the next run waits for to close another
};

/// What its parts weigh, and who holds them; none: it does not tell, or there is no open run.
std::vector<part_load> loads_of_run(const cluster_view& view);

std::string status_json(const cluster_view& view, std::int64_t now_ms);

/// All runs that are known, those that have not ended first.
std::string runs_json(const run_book& book);

}  // namespace slackline
