#include "cluster/client/client_commands.hpp"
#include "cluster/client/member_commands.hpp"
#include "cluster/client/move_commands.hpp"
#include "cluster/commands/arguments.hpp"
#include "cluster/commands/commands.hpp"
#include "cluster/complain.hpp"
#include "cluster/file/placement.hpp"

namespace slackline {

namespace {

struct cluster_arguments {
    std::string cluster;
    std::string run;
    std::string node;
    bool json = false;
    bool watch = false;
    std::optional<std::uint32_t> shard;
    bool sequencer = false;
    std::string to;
    std::string from;
    std::uint32_t shards = 0;
};

struct declared {
    CLI::App* sub;
    std::shared_ptr<cluster_arguments> arguments;
};

// A command that is nothing without a cluster; `act` gets its file and the arguments.
template <class Act>
declared add(CLI::App& app, command& chosen, const std::string& name, const std::string& what,
             Act act) {
    auto* sub = app.add_subcommand(name, what);
    const auto a = std::make_shared<cluster_arguments>();
    add_cluster_file(*sub, a->cluster)->required();
    sub->footer("Example: slackline " + name +
                (name == "cancel"   ? " mnist-mlp"
                 : name == "remove" ? " worker-9"
                                    : "") +
                " --cluster local.toml" +
                (name == "move"      ? " --shard 1 --to shard-2"
                 : name == "reshard" ? " --shards 4"
                                     : ""));
    sub->callback([a, act, &chosen] {
        chosen = [a, act] {
            return with_cluster(a->cluster, [&](const cluster_file& f) { return act(f, *a); });
        };
    });
    return {sub, a};
}

void add_moves(CLI::App& app, command& chosen) {
    using arguments = cluster_arguments;
    const auto move = add(app, chosen, "move", "Have another node hold a shard of the run",
                          [](const cluster_file& f, const arguments& a) {
                              if (a.shard.has_value() == a.sequencer)
                                  return complain({failure_code::usage,
                                                   "move: name one thing that is to move, by "
                                                   "--shard or by --sequencer"});
                              const auto part = a.sequencer ? address{role::SEQUENCER, 0}
                                                            : address{role::SHARD, *a.shard};
                              return move_part(f, part, a.to, a.from);
                          });
    move.sub->add_option("--shard", move.arguments->shard, "The shard's number");
    move.sub->add_flag("--sequencer", move.arguments->sequencer,
                       "The sequencer instead of a shard");
    move.sub->add_option("--to", move.arguments->to, "The node that is to hold it")->required();
    move.sub->add_option("--from", move.arguments->from,
                         "The node that is to hold it no more; its primary's by default");
    const auto reshard =
        add(app, chosen, "reshard", "Have the run go on in another number of shards",
            [](const cluster_file& f, const arguments& a) { return reshard_run(f, a.shards); });
    reshard.sub->add_option("--shards", reshard.arguments->shards, "So many")
        ->required()
        ->check(CLI::Range(1u, shards_max));
    add(app, chosen, "rebalance", "Move shards of the run so that nodes hold much the same",
        [](const cluster_file& f, const arguments&) { return rebalance_run(f); });
}

}  // namespace

void add_cluster(CLI::App& app, command& chosen) {
    using arguments = cluster_arguments;
    const auto status = add(
        app, chosen, "status", "What a cluster's nodes and runs do now",
        [](const cluster_file& f, const arguments& a) { return show_status(f, a.json, a.watch); });
    status.sub->add_flag("--json", status.arguments->json, "As one line of JSON");
    status.sub->add_flag("--watch", status.arguments->watch, "Again every second, until Ctrl-C");
    const auto runs =
        add(app, chosen, "runs", "The runs that a cluster has, or had lately",
            [](const cluster_file& f, const arguments& a) { return show_runs(f, a.json); });
    runs.sub->add_flag("--json", runs.arguments->json, "As one line of JSON");
    const auto cancel =
        add(app, chosen, "cancel", "End a run of a cluster before it is done",
            [](const cluster_file& f, const arguments& a) { return cancel_run(f, a.run); });
    cancel.sub->add_option("run", cancel.arguments->run, "The run's name")->required();
    add_moves(app, chosen);
    add(app, chosen, "reload", "Have the coordinator read its cluster file again",
        [](const cluster_file& f, const arguments&) { return reload_cluster(f); });
    const auto remove =
        add(app, chosen, "remove", "Take a node that joined out of a cluster",
            [](const cluster_file& f, const arguments& a) { return remove_node(f, a.node); });
    remove.sub->add_option("node", remove.arguments->node, "The node's name")->required();
}

}  // namespace slackline
