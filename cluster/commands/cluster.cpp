#include "cluster/client/client_commands.hpp"
#include "cluster/commands/arguments.hpp"
#include "cluster/commands/commands.hpp"

namespace slackline {

namespace {

struct cluster_arguments {
    std::string cluster;
    std::string run;
    bool json = false;
    bool watch = false;
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
    sub->footer("Example: slackline " + name + (name == "cancel" ? " mnist-mlp" : "") +
                " --cluster local.toml");
    sub->callback([a, act, &chosen] {
        chosen = [a, act] {
            return with_cluster(a->cluster, [&](const cluster_file& f) { return act(f, *a); });
        };
    });
    return {sub, a};
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
}

}  // namespace slackline
