#include <fmt/format.h>

#include <filesystem>

#include "cluster/client/client_commands.hpp"
#include "cluster/commands/arguments.hpp"
#include "cluster/commands/commands.hpp"
#include "cluster/training.hpp"

namespace slackline {

namespace {

struct train_arguments {
    job_arguments job;
    std::string cluster;
    std::string attach;
    std::vector<std::string> kills;
    bool resume = false;
    bool check = false;
    bool json = false;
};

result<std::vector<injected_kill>> kills_of(const train_arguments& a) {
    std::vector<injected_kill> kills;
    for (const auto& k : a.kills) {
        auto parsed = read_injection(k);
        if (!parsed) return tl::unexpected(parsed.error());
        kills.push_back(*parsed);
    }
    return kills;
}

int train_here(const train_arguments& a, const models_list& models) {
    train_options options;
    options.resume = a.resume;
    options.check = a.check;
    options.style = style_of(a.json);
    auto kills = kills_of(a);
    if (!kills) return refuse(kills.error());
    options.kills = std::move(*kills);
    const auto j = named_job(a.job);
    if (!j) return refuse(j.error());
    for (const auto& k : options.kills)
        if (auto r = check_injection(k, *j); !r) return refuse(r.error());
    return train(*j, options, models);
}

// The job is read here too: what is wrong with it is told at once.
int train_there(const cluster_file& file, const train_arguments& a, const models_list& models) {
    if (!a.attach.empty()) return train_on_cluster(file, a.attach, std::nullopt, style_of(a.json));
    if (a.check) return train_here(a, models);
    const auto j = named_job(a.job);
    if (!j) return refuse(j.error());
    const auto folder = std::filesystem::absolute(a.job.file).parent_path().string();
    return train_on_cluster(file, j->name,
                            submission{{a.job.file, j->text, folder, a.job.overrides}, a.resume},
                            style_of(a.json));
}

int run_train(const train_arguments& a, const models_list& models) {
    if (a.cluster.empty()) return train_here(a, models);
    if (!a.kills.empty())
        return refuse({failure_code::usage,
                       fmt::format("--kill ends an actor of this process, and --cluster has none "
                                   "in it; send a signal to a node's process instead: its pid is "
                                   "in 'slackline status --cluster {}'",
                                   a.cluster)});
    return with_cluster(a.cluster,
                        [&](const cluster_file& f) { return train_there(f, a, models); });
}

}  // namespace

void add_train(CLI::App& app, const models_list& models, command& chosen) {
    auto* train =
        app.add_subcommand("train", "Train the model of a job file, in this process or a cluster");
    const auto a = std::make_shared<train_arguments>();
    auto* job = add_job(*train, a->job);
    train->add_flag("--resume", a->resume, "Go on from the run's newest checkpoint");
    train->add_flag("--check", a->check, "Validate the job and its data, and stop");
    train->add_flag("--json", a->json, "Report as JSON lines");
    train->add_option("--kill", a->kills,
                      "Inject a fault: end an actor when that part of the items is done "
                      "(worker:0@50, shard:1@30, sequencer@70)");
    auto* cluster = add_cluster_file(*train, a->cluster);
    auto* attach = train->add_option("--attach", a->attach,
                                     "Follow this run of the cluster instead of a new one");
    attach->needs(cluster)->excludes(job);
    for (const char* other : {"--set", "--resume", "--check", "--kill"})
        attach->excludes(train->get_option(other));
    train->footer(
        "Example: slackline train examples/mnist_mlp/job.toml --set run.epochs=3\n"
        "Example: slackline train examples/mnist_mlp/job.toml --cluster local.toml\n"
        "Example: slackline train --attach mnist-mlp --cluster local.toml");
    train->callback([a, &models, &chosen] {
        if (a->job.file.empty() && a->attach.empty()) throw CLI::RequiredError("job");
        chosen = [a, &models] { return run_train(*a, models); };
    });
}

}  // namespace slackline
