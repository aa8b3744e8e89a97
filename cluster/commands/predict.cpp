#include "cluster/predict_command.hpp"

#include "cluster/commands/arguments.hpp"
#include "cluster/commands/commands.hpp"

namespace slackline {

namespace {

int run_predict(const job_arguments& a, const predict_options& options, const models_list& models) {
    const auto j = named_job(a);
    if (!j) return refuse(j.error());
    return predict(*j, options, models);
}

}  // namespace

void add_predict(CLI::App& app, const models_list& models, command& chosen) {
    auto* predict =
        app.add_subcommand("predict", "Write a saved model's predictions as CSV, and its metrics");
    const auto a = std::make_shared<job_arguments>();
    const auto o = std::make_shared<predict_options>();
    add_job(*predict, *a)->required();
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

}  // namespace slackline
