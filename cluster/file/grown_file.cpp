#include "cluster/file/grown_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cluster/file/host.hpp"
#include "cluster/file/node_section.hpp"

namespace slackline {

namespace {

constexpr std::uint64_t workers_max = 1'000;

std::string wrong_with(const joined_node& n, const cluster_file& file) {
    if (!fit_name(n.name))
        return "a node needs a name of letters, digits, '-', '_' and '.', the first no '.'";
    if (file.find(n.name)) return "the cluster has a node of that name; give it another";
    if (!n.shard && n.workers == 0)
        return "it has no role; give it the role shard, the role worker, or both";
    auto workers = std::uint64_t(n.workers);
    for (const auto& other : file.nodes) workers += other.workers;
    if (workers > workers_max)
        return fmt::format(
            "the cluster would have {} workers, and it has at most {}; give it fewer", workers,
            workers_max);
    if (n.host.empty()) return "where is it? give its address, such as \"127.0.0.1:0\"";
    const bool near = std::all_of(file.nodes.begin(), file.nodes.end(),
                                  [](const auto& other) { return loopback(other.host); });
    if (loopback(n.host) != near)
        return near ? "the cluster's nodes are on loopback, and only their own host reaches them; "
                      "give it an address there"
                    : "only its own host reaches it; give an address that all hosts reach";
    if (!near && n.port == 0)
        return "other hosts cannot know which free port is found for 0; give its number";
    if (!near && !file.insecure)
        return "beyond loopback connections are neither encrypted nor checked so far; write "
               "insecure = true in [security] where that is fine";
    return {};
}

}  // namespace

result<cluster_file> grown(cluster_file file, const std::vector<joined_node>& joined) {
    for (const auto& n : joined) {
        if (const auto why = wrong_with(n, file); !why.empty())
            return fail(failure_code::usage, fmt::format("node '{}' cannot join cluster {}: {}",
                                                         n.name, file.name, why));
        cluster_node node;
        node.name = n.name;
        node.host = n.host;
        node.port = n.port;
        node.shard = n.shard;
        node.workers = n.workers;
        node.joined = true;
        node.of_file = n.of_file;
        node.place = "its join";
        file.nodes.push_back(std::move(node));
    }
    return file;
}

}  // namespace slackline
