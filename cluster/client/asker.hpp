// A command line's connection to the coordinator, for questions.
//
// Owner and thread: the main thread; each wait has a bound.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cluster/client/client_edge.hpp"
#include "cluster/client/signal_interruption.hpp"
#include "cluster/file/cluster_file.hpp"
#include "cluster/process_edges.hpp"

namespace slackline {

/// The name of the coordinator's node.
const std::string& coordinator_of(const cluster_file& file);

class asker {
public:
    explicit asker(const cluster_file& file)
        : node_(coordinator_of(file)), heartbeat_ms_(file.heartbeat_ms) {}

    result<void> dial(const cluster_file& file);

    /// The JSON of the answer. `request` makes the frame for this sender.
    result<std::string> ask(const std::function<frame(address own)>& request);

    /// Hears what comes meanwhile: a connection lives by being listened to. Whether the user asks
    /// to end.
    result<bool> pause(std::int64_t ms, interruption_edge& interruption);

    std::int64_t now_ms() const { return clock_.now_ms(); }

private:
    std::string node_;
    std::int64_t heartbeat_ms_;
    steady_clock_edge clock_;
    std::unique_ptr<client_edge> edge_;
};

}  // namespace slackline
