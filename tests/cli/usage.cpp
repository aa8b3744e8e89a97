// Command lines and jobs that cannot be followed: one sentence, exit code 2, nothing done.
#include <filesystem>

#include "slackline.hpp"
#include "tests/catch.hpp"

namespace {

struct wrong_line {
    words arguments;
    words told;
};

}  // namespace

TEST_CASE("a command line that names no command or an unknown one is refused by name") {
    const auto [arguments, told] = GENERATE(values<wrong_line>({
        {{}, {"name a command", "train, predict, checkpoint, "}},
        {{"trian"}, {"no command 'trian'", "did you mean 'train'?"}},
        {{"frobnicate", "x"}, {"no command 'frobnicate'", "train, predict, checkpoint, "}},
        {{"--verbose"}, {"no option '--verbose'", "slackline --help"}},
        {{"train"}, {"slackline train", "job is required", "slackline train --help"}},
        {{"train", "a.toml", "b.toml"}, {"the argument 'b.toml'", "slackline train --help"}},
        {{"train", "a.toml", "--chek"}, {"no option '--chek'", "did you mean '--check'?"}},
        {{"train", "a.toml", "--set"}, {"--set", "slackline train --help"}},
        {{"predict", "a.toml", "--on", "moon"}, {"--on", "moon", "test", "train", "validation"}},
        {{"predict", "a.toml", "--model", "m", "--run", "r"}, {"--run", "--model"}},
        {{"checkpoint"}, {"name a command", "list, inspect, verify or export"}},
        {{"checkpoint", "lst"}, {"no command 'lst'", "did you mean 'list'?"}},
        {{"checkpoint", "list"}, {"--dir is required", "slackline checkpoint list --help"}},
        {{"checkpoint", "export", "--dir", "d"}, {"--to is required"}},
        {{"checkpoint", "verify", "--dir", "d", "--all", "--checkpoint", "c"},
         {"--all", "--checkpoint"}},
        {{"train", "a.toml", "--cluster"}, {"--cluster", "slackline train --help"}},
        {{"train", "--attach", "r"}, {"--attach", "--cluster", "slackline train --help"}},
        {{"train", "a.toml", "--attach", "r", "--cluster", "c"}, {"--attach", "job"}},
        {{"train", "--attach", "r", "--cluster", "c", "--resume"}, {"--attach", "--resume"}},
        {{"train", "a.toml", "--cluster", "c.toml", "--kill", "worker:0@50"},
         {"--kill", "slackline status --cluster c.toml"}},
        {{"status"}, {"--cluster is required", "slackline status --help"}},
        {{"runs", "--cluster", "c", "--watch"}, {"no option '--watch'"}},
        {{"cancel", "--cluster", "c"}, {"run is required", "slackline cancel --help"}},
        {{"node", "--cluster", "c"}, {"--name is required", "slackline node --help"}},
        {{"up"}, {"--cluster is required", "slackline up --help"}},
    }));
    check_refused(slackline(arguments), 2, told);
}

TEST_CASE("help goes to the standard output, and says how each command is used") {
    for (const words& command :
         {words{}, words{"train"}, words{"predict"}, words{"checkpoint"},
          words{"checkpoint", "list"}, words{"checkpoint", "inspect"},
          words{"checkpoint", "verify"}, words{"checkpoint", "export"}, words{"status"},
          words{"runs"}, words{"cancel"}, words{"node"}, words{"up"}}) {
        auto arguments = command;
        arguments.push_back("--help");
        const auto end = slackline(arguments);
        INFO(end.out);
        CHECK(end.code == 0);
        CHECK(end.err == "");
        CHECK(end.out.find("Usage:") != std::string::npos);
        if (command != words{"checkpoint"})
            CHECK(end.out.find("Example: slackline") != std::string::npos);
    }
}

TEST_CASE("a job that is wrong is refused with its place, and nothing is made") {
    const scratch_folder scratch;
    const auto dir = scratch.path("checkpoints");
    const auto [more, told] = GENERATE(values<wrong_line>({
        {{"--set", "run.epoch=3"}, {"--set run.epoch", "did you mean run.epochs?"}},
        {{"--set", "runs.epochs=3"}, {"--set runs.epochs", "run"}},
        {{"--set", "run.epochs=many"}, {"--set run.epochs", "integer"}},
        {{"--set", "run.epochs=0"}, {"--set run.epochs", "1 to"}},
        {{"--set", "run.epochs"}, {"--set run.epochs", "section.key=value"}},
        {{"--set", "epochs=3"}, {"--set epochs=3", "section.key=value"}},
        {{"--set", "model.kind=transformer"}, {"job.toml:19: ", "no model 'transformer'", "mlp"}},
        {{"--set", "model.hiden=[3]"}, {"--set model.hiden: ", "did you mean 'hidden'?"}},
        {{"--set", "optimizer.kind=sgd", "--set", "optimizer.beta1=0.5"}, {"optimizer.beta1"}},
        {{"--set", "consistency.preset=ringmaster", "--set", "consistency.late=never"},
         {"consistency.late"}},
    }));
    for (const char* mode : {"--json", "--check", "--resume"}) {
        auto arguments = train_regression(dir, more);
        arguments.push_back(mode);
        check_refused(slackline(arguments), 2, told);
        CHECK(files_in(dir).empty());
        CHECK(!std::filesystem::exists(dir));
    }
}

TEST_CASE("a wrong line of a job file is told with its number") {
    const scratch_folder scratch;
    const auto told_of = [&](const std::string& text, const words& told) {
        const auto job = scratch.put("wrong.toml", text);
        for (const char* command : {"train", "predict"})
            check_refused(slackline({command, job}), 2, told);
    };
    told_of("[run]\nname = \"a\"\nepochz = 3\n", {"wrong.toml:3", "did you mean run.epochs?"});
    told_of("[run]\nname = \"a\"\n[run\n", {"wrong.toml:3"});
    told_of("[run]\nname = \"a\"\nepochs = \"three\"\n", {"wrong.toml:3", "integer"});
    check_refused(slackline({"train", scratch.path("none.toml")}), 2, {"none.toml", "check"});
    check_refused(slackline({"train", scratch.path("")}), 2, {"cannot be read"});
}

TEST_CASE("a cluster file that is absent or wrong is refused by every command that needs one") {
    const scratch_folder scratch;
    const auto none = scratch.path("none.toml");
    const auto wrong = scratch.put("wrong.toml", "[cluster]\nname = \"demo\"\nhartbeat_ms = 3\n");
    const auto job = EXAMPLES_FOLDER "/regression/job.toml";
    for (const words& command :
         {words{"train", job}, words{"train", job, "--check"}, words{"train", "--attach", "r"},
          words{"status"}, words{"status", "--json"}, words{"runs"}, words{"cancel", "r"},
          words{"node", "--name", "a"}, words{"up"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"--cluster", none});
        check_refused(slackline(arguments), 2, {"none.toml"});
        arguments.back() = wrong;
        check_refused(slackline(arguments), 2, {"wrong.toml:3", "hartbeat_ms"});
    }
}

TEST_CASE("a cluster that never ran is told by its node, its address and how to start it") {
    const scratch_folder scratch;
    const auto cluster = scratch.put("local.toml",
                                     "[cluster]\nname = \"demo\"\n[[node]]\nname = \"main\"\n"
                                     "address = \"127.0.0.1:1\"\n"
                                     "roles = [\"coordinator\", \"shard\", \"worker\"]\n");
    for (const words& command :
         {words{"train", EXAMPLES_FOLDER "/regression/job.toml"}, words{"train", "--attach", "r"},
          words{"status"}, words{"runs", "--json"}, words{"cancel", "r"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"--cluster", cluster});
        check_refused(
            slackline(arguments), 1,
            {"node main", "127.0.0.1:1", "slackline node --cluster " + cluster + " --name main"});
    }
}

TEST_CASE("a node that the cluster file does not have is refused by name") {
    const scratch_folder scratch;
    const auto cluster = scratch.put("local.toml",
                                     "[cluster]\nname = \"demo\"\n[[node]]\nname = \"main\"\n"
                                     "address = \"127.0.0.1:0\"\n"
                                     "roles = [\"coordinator\", \"shard\", \"worker\"]\n");
    check_refused(slackline({"node", "--cluster", cluster, "--name", "mian"}), 2,
                  {"local.toml", "no node 'mian'", "did you mean 'main'?"});
    check_refused(slackline({"node", "--cluster", cluster, "--name", "elsewhere"}), 2,
                  {"no node 'elsewhere'", "it has main"});
}
