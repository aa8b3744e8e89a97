#include "cluster/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "actors/thrown.hpp"
#include "cluster/checkpoint_commands.hpp"
#include "cluster/complain.hpp"
#include "cluster/predict_command.hpp"
#include "cluster/training.hpp"
#include "cluster/wrong_usage.hpp"

namespace slackline {

namespace {

using models_list = std::vector<model_entry>;

/// What the command line asks for; set by the subcommand that it names.
using command = std::function<int()>;

struct job_arguments {
    std::string file;
    std::vector<std::string> overrides;
};

struct train_arguments {
    job_arguments job;
    std::vector<std::string> kills;
    bool resume = false;
    bool check = false;
    bool json = false;
};

struct checkpoint_arguments {
    checkpoint_choice choice;
    std::string to;
    bool force = false;
    bool all = false;
    bool json = false;
};

int usage(const failure& f) {
    complain(f);
    return 2;
}

result<job> named_job(const job_arguments& a) {
    job_overrides overrides;
    for (const auto& o : a.overrides) {
        auto parsed = read_override(o);
        if (!parsed) return tl::unexpected(parsed.error());
        overrides.push_back(std::move(*parsed));
    }
    return read_job(a.file, overrides);
}

int run_train(const train_arguments& a, const models_list& models) {
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
    const auto j = named_job(a.job);
    if (!j) return usage(j.error());
    for (const auto& k : options.kills)
        if (auto r = check_injection(k, *j); !r) return usage(r.error());
    return train(*j, options, models);
}

int run_predict(const job_arguments& a, const predict_options& options, const models_list& models) {
    const auto j = named_job(a);
    if (!j) return usage(j.error());
    return predict(*j, options, models);
}

void add_job(CLI::App& to, job_arguments& a) {
    to.add_option("job", a.file, "The job file (TOML)")->required();
    to.add_option("--set", a.overrides, "Override a key: --set run.epochs=3")->take_all();
}

void add_train(CLI::App& app, const models_list& models, command& chosen) {
    auto* train = app.add_subcommand("train", "Train the model of a job file, in this process");
    const auto a = std::make_shared<train_arguments>();
    add_job(*train, a->job);
    train->add_flag("--resume", a->resume, "Go on from the run's newest checkpoint");
    train->add_flag("--check", a->check, "Validate the job and its data, and stop");
    train->add_flag("--json", a->json, "Report as JSON lines");
    train->add_option("--kill", a->kills,
                      "Inject a fault: end an actor when that part of the items is done "
                      "(worker:0@50, shard:1@30, sequencer@70)");
    train->footer("Example: slackline train examples/mnist_mlp/job.toml --set run.epochs=3");
    train->callback(
        [a, &models, &chosen] { chosen = [a, &models] { return run_train(*a, models); }; });
}

void add_predict(CLI::App& app, const models_list& models, command& chosen) {
    auto* predict =
        app.add_subcommand("predict", "Write a saved model's predictions as CSV, and its metrics");
    const auto a = std::make_shared<job_arguments>();
    const auto o = std::make_shared<predict_options>();
    add_job(*predict, *a);
    predict->add_option("--dir", o->from.dir, "The folder of runs; the job's where not given");
    predict->add_option("--run", o->from.run, "The run's name; the job's where not given");
    predict->add_option("--checkpoint", o->from.checkpoint,
                        "The checkpoint; the newest by default");
    auto* model = predict->add_option("--model", o->model_file, "A safetensors file instead");
    for (const char* other : {"--dir", "--run", "--checkpoint"})
        model->excludes(predict->get_option(other));
    predict->add_option("--on", o->part, "The job's data: test (default), train or validation")
        ->default_val("test")
        ->check(CLI::IsMember({"test", "train", "validation"}));
    predict->add_option("--data", o->data, "Another file of the job's format (csv, libsvm)")
        ->excludes(predict->get_option("--on"));
    predict->add_option("--to", o->to, "The file to write; the standard output where not given");
    predict->add_flag("--force", o->force, "Replace the file of --to");
    predict->add_flag("--json", o->json, "The metrics as a JSON line");
    predict->footer("Example: slackline predict examples/regression/job.toml --to predictions.csv");
    predict->callback([a, o, &models, &chosen] {
        chosen = [a, o, &models] { return run_predict(*a, *o, models); };
    });
}

CLI::App* add_checkpoint(CLI::App& to, const std::string& name, const std::string& what,
                         const std::shared_ptr<checkpoint_arguments>& a) {
    auto* sub = to.add_subcommand(name, what);
    sub->add_option("--dir", a->choice.dir, "The folder of runs")->required();
    sub->add_option("--run", a->choice.run, "The run's name; not needed where there is one run");
    if (name != "list")
        sub->add_option("--checkpoint", a->choice.checkpoint,
                        "The checkpoint's name; the newest by default");
    sub->add_flag("--json", a->json, "Report as JSON lines");
    sub->footer("Example: slackline checkpoint " + name + " --dir build/demo --run demo-1" +
                (name == "export" ? " --to model.safetensors" : ""));
    return sub;
}

void add_checkpoints(CLI::App& app, command& chosen) {
    auto* all = app.add_subcommand("checkpoint", "Look at what runs have saved, and take it out");
    all->require_subcommand(1);
    const auto a = std::make_shared<checkpoint_arguments>();
    add_checkpoint(*all, "list", "One line a checkpoint", a)->callback([a, &chosen] {
        chosen = [a] { return checkpoint_list(a->choice, a->json); };
    });
    add_checkpoint(*all, "inspect", "The manifest, the account and the tensors", a)
        ->callback(
            [a, &chosen] { chosen = [a] { return checkpoint_inspect(a->choice, a->json); }; });
    auto* verify = add_checkpoint(*all, "verify", "Read every file again and name the damaged", a);
    verify->add_flag("--all", a->all, "All checkpoints of the run, and its journal")
        ->excludes(verify->get_option("--checkpoint"));
    verify->callback(
        [a, &chosen] { chosen = [a] { return checkpoint_verify(a->choice, a->all, a->json); }; });
    auto* out = add_checkpoint(*all, "export", "Write the model alone, as safetensors", a);
    out->add_option("--to", a->to, "The file to write")->required();
    out->add_flag("--force", a->force, "Replace the file of --to");
    out->callback([a, &chosen] {
        chosen = [a] { return checkpoint_export(a->choice, a->to, a->force, a->json); };
    });
}

}  // namespace

int run(int argc, char** argv, std::vector<model_entry> own) {
    auto models = builtin_models();
    models.insert(models.end(), own.begin(), own.end());
    CLI::App app{"Slackline trains models on machines that fail"};
    app.require_subcommand(1);
    app.footer("Example: slackline train examples/mnist_mlp/job.toml --set run.epochs=3");
    command chosen;
    add_train(app, models, chosen);
    add_predict(app, models, chosen);
    add_checkpoints(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);  // --help
        std::fprintf(stderr, "%s\n", wrong_usage(app, e).c_str());
        return 2;
    }
    try {
        return chosen();
    } catch (...) {  // memory that there is not, or a user's model
        return complain({failure_code::exhausted,
                         fmt::format("{}; give it less to do, or correct the model's program",
                                     what_was_thrown())});
    }
}

}  // namespace slackline
