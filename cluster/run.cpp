#include "cluster/run.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cluster/training.hpp"

namespace slackline {

namespace {

struct train_arguments {
    std::string job_file;
    std::vector<std::string> overrides;
    std::vector<std::string> kills;
    bool resume = false;
    bool check = false;
    bool json = false;
};

int usage(const failure& f) {
    std::fprintf(stderr, "slackline: %s\n", f.sentence.c_str());
    return 2;
}

int run_train(const train_arguments& a, const std::vector<model_entry>& models) {
    job_overrides overrides;
    for (const auto& o : a.overrides) {
        auto parsed = read_override(o);
        if (!parsed) return usage(parsed.error());
        overrides.push_back(std::move(*parsed));
    }
    train_options options;
    options.resume = a.resume;
    options.check = a.check;
    options.style = a.json                  ? report_style::json
                    : isatty(STDOUT_FILENO) ? report_style::terminal
                                            : report_style::plain;
    for (const auto& k : a.kills) {
        auto parsed = read_injection(k);
        if (!parsed) return usage(parsed.error());
        options.kills.push_back(*parsed);
    }
    const auto j = read_job(a.job_file, overrides);
    if (!j) return usage(j.error());
    return train(*j, options, models);
}

void add_train(CLI::App& app, train_arguments& a) {
    auto* train = app.add_subcommand("train", "Train the model of a job file, in this process");
    train->add_option("job", a.job_file, "The job file (TOML)")->required();
    train->add_option("--set", a.overrides, "Override a key: --set run.epochs=3")->take_all();
    train->add_flag("--resume", a.resume, "Go on from the run's newest checkpoint");
    train->add_flag("--check", a.check, "Validate the job and its data, and stop");
    train->add_flag("--json", a.json, "Report as JSON lines");
    train->add_option("--kill", a.kills,
                      "Inject a fault: end an actor when that part of the items is done "
                      "(worker:0@50, shard:1@30, sequencer@70)");
}

}  // namespace

int run(int argc, char** argv, std::vector<model_entry> own) {
    auto models = builtin_models();
    models.insert(models.end(), own.begin(), own.end());
    CLI::App app{"Slackline trains models on machines that fail"};
    app.require_subcommand(1);
    app.footer("Example: slackline train examples/mnist_mlp/job.toml --set run.epochs=3");
    train_arguments arguments;
    add_train(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    return run_train(arguments, models);
}

}  // namespace slackline
