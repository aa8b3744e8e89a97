#include "cluster/node/node.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "cluster/commands/arguments.hpp"
#include "cluster/commands/commands.hpp"
#include "cluster/complain.hpp"
#include "cluster/job/section.hpp"

namespace slackline {

namespace {

struct node_arguments {
    std::string cluster;
    std::string name;
};

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
    node->add_option("--name", a->name, "The node's name in the cluster file")->required();
    node->footer("Example: slackline node --cluster local.toml --name main");
    node->callback([a, &models, &chosen] {
        chosen = [a, &models] {
            return with_cluster(
                a->cluster, [&](const cluster_file& f) { return run_named(f, a->name, models); });
        };
    });
    auto* up = app.add_subcommand("up", "Run all nodes of a cluster that are on this host");
    add_cluster_file(*up, a->cluster)->required();
    up->footer("Example: slackline up --cluster local.toml");
    up->callback([a, &chosen] { chosen = [a] { return with_cluster(a->cluster, run_all); }; });
}

}  // namespace slackline
