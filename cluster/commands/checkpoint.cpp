#include "cluster/checkpoint_commands.hpp"
#include "cluster/commands/commands.hpp"

namespace slackline {

namespace {

struct checkpoint_arguments {
    checkpoint_choice choice;
    std::string to;
    bool force = false;
    bool all = false;
    bool json = false;
};

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

}  // namespace

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

}  // namespace slackline
