#include "cluster/node/node.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "cluster/commands/arguments.hpp"
#include "cluster/commands/commands.hpp"
#include "cluster/complain.hpp"
#include "cluster/file/host.hpp"
#include "cluster/job/section.hpp"

namespace slackline {

namespace {

struct node_arguments {
    std::string cluster;
    std::string name;
    bool join = false;
    std::string at;
    std::vector<std::string> roles;
    std::optional<std::uint32_t> workers;
};

result<joined_node> node_in(const node_arguments& a) {
    const auto usage = [](const std::string& why) { return fail(failure_code::usage, why); };
    const auto at = read_host_port(a.at);
    if (!at) return usage(fmt::format("--address {}: {}", a.at, at.error().sentence));
    joined_node n{a.name, at->host, at->port, false, 0};
    for (const auto& r : a.roles) {
        if (r != "shard" && r != "worker")
            return usage(fmt::format("--role {}: a node joins as shard, worker, or both", r));
        if (r == "shard") n.shard = true;
        if (r == "worker") n.workers = a.workers.value_or(1);
    }
    if (a.workers && n.workers == 0)
        return usage("--workers: the node has not the role worker; add --role worker");
    return n;
}

int run_joining(const cluster_file& file, const node_arguments& a, const models_list& models) {
    const auto node = node_in(a);
    return node ? run_joining_node(file, *node, models) : refuse(node.error());
}

int run_named(const cluster_file& file, const std::string& name, const models_list& models) {
    if (const auto node = file.find(name)) return run_node(file, *node, models);
    std::vector<std::string> names;
    std::string list;
    for (const auto& n : file.nodes) {
        list += fmt::format("{}{}", names.empty() ? "" : ", ", n.name);
        names.push_back(n.name);
    }
    const auto near = nearest(name, names);
    return refuse(
        {failure_code::usage, fmt::format("{} has no node '{}'; {}", file.path, name,
                                          near.empty() ? fmt::format("it has {}", list)
                                                       : fmt::format("did you mean '{}'?", near))});
}

// The program that runs now, with its user's own models.
int run_all(const cluster_file& file) {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error) return run_up(file, program.string());
    return complain({failure_code::io, fmt::format("this program cannot find itself: {}; name a "
                                                   "program for each node of {}",
                                                   error.message(), file.path)});
}

}  // namespace

void add_nodes(CLI::App& app, const models_list& models, command& chosen) {
    const auto a = std::make_shared<node_arguments>();
    auto* node = app.add_subcommand("node", "Run one node of a cluster, until SIGTERM");
    add_cluster_file(*node, a->cluster)->required();
    node->add_option("--name", a->name, "The node's name, in the cluster file or with --join")
        ->required();
    auto* join = node->add_flag("--join", a->join,
                                "The node is in no cluster file: it joins the running cluster");
    auto* at = node->add_option("--address", a->at, "With --join: where it is, as host:port");
    auto* as =
        node->add_option("--role", a->roles, "With --join: shard or worker; may be repeated");
    for (auto* o : {at, as}) o->needs(join);
    join->needs(at)->needs(as);
    node->add_option("--workers", a->workers, "With --join: how many, where it has that role; 1")
        ->needs(join);
    node->footer(
        "Example: slackline node --cluster local.toml --name main\n"
        "         slackline node --cluster local.toml --join --name new --address 127.0.0.1:0 "
        "--role worker");
    node->callback([a, &models, &chosen] {
        chosen = [a, &models] {
            return with_cluster(a->cluster, [&](const cluster_file& f) {
                return a->join ? run_joining(f, *a, models) : run_named(f, a->name, models);
            });
        };
    });
    auto* up = app.add_subcommand("up", "Run all nodes of a cluster that are on this host");
    add_cluster_file(*up, a->cluster)->required();
    up->footer("Example: slackline up --cluster local.toml");
    up->callback([a, &chosen] { chosen = [a] { return with_cluster(a->cluster, run_all); }; });
}

}  // namespace slackline
