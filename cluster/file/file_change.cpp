#include "cluster/file/file_change.hpp"

#include <fmt/format.h>

namespace slackline {

namespace {

tl::unexpected<failure> refuse(const std::string& why) {
    return fail(failure_code::usage, why);
}

// The first key of the file, outside its nodes, that is not what it was; empty: none.
std::string changed_key(const cluster_file& a, const cluster_file& b) {
    if (a.name != b.name) return "name in [cluster]";
    if (a.state_dir != b.state_dir) return "state_dir in [cluster]";
    if (a.heartbeat_ms != b.heartbeat_ms) return "heartbeat_ms in [cluster]";
    if (a.secret_file != b.secret_file) return "secret in [security]";
    if (a.insecure != b.insecure) return "insecure in [security]";
    return {};
}

// The same of a node. What its process alone reads is taken up when that starts.
std::string changed_key(const cluster_node& a, const cluster_node& b) {
    if (a.host != b.host || a.port != b.port) return "address";
    if (a.coordinator != b.coordinator || a.sequencer != b.sequencer || a.shard != b.shard ||
        (a.workers > 0) != (b.workers > 0))
        return "roles";
    if (a.workers != b.workers) return "workers";
    return {};
}

}  // namespace

result<file_change> change_between(const cluster_file& running, const cluster_file& edited,
                                   const std::set<std::string>& removed) {
    if (const auto key = changed_key(running, edited); !key.empty())
        return refuse(
            fmt::format("{}: {} has changed, and a running cluster keeps it; give it back "
                        "what it was, or stop the cluster first",
                        edited.path, key));
    file_change change;
    for (const auto& n : running.nodes) {
        const bool by_command = n.joined && !n.of_file;
        if (!edited.find(n.name) && !by_command && !removed.contains(n.name))
            change.removed.push_back(n.name);
    }
    for (const auto& n : edited.nodes) {
        if (const auto at = running.find(n.name)) {
            if (const auto key = changed_key(running.nodes[*at], n); !key.empty())
                return refuse(
                    fmt::format("{}: the {} of node {} changed, and a running cluster "
                                "keeps them; give them back, give the node another "
                                "name, or stop the cluster first",
                                n.place, key, n.name));
            if (removed.contains(n.name)) change.restored.push_back(n.name);
            continue;
        }
        if (n.coordinator || n.sequencer)
            return refuse(
                fmt::format("{}: node {} cannot come to a running cluster as {}; give it "
                            "the role shard, the role worker, or both",
                            n.place, n.name, n.coordinator ? "coordinator" : "sequencer"));
        change.added.push_back({n.name, n.host, n.port, n.shard, n.workers, true});
    }
    return change;
}

}  // namespace slackline
