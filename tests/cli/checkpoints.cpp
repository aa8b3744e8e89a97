// What is saved, looked at, checked, taken out and predicted from.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "slackline.hpp"
#include "tests/catch.hpp"

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A trained regression example and the name of its one checkpoint.
struct saved_run {
    saved_run() : dir(scratch.path("runs")) {
        const auto end = slackline(train_regression(dir, {"--json"}));
        REQUIRE(end.code == 0);
        const auto done = json_lines(end.out).back();
        path = done["checkpoint"];
        name = fs::path(path).filename().string();
        mse = done["metrics"]["mse"];
    }

    words command(const std::string& what, const words& more = {}) const {
        words all = {"checkpoint", what, "--dir", dir};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    words predict(const words& more = {}) const {
        words all = {"predict", EXAMPLES_FOLDER "/regression/job.toml", "--set",
                     "checkpoint.dir=" + dir};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    scratch_folder scratch;
    std::string dir;
    std::string path;
    std::string name;
    double mse = 0;
};

json the_line(const child_end& end) {
    INFO("standard error: " << end.err);
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK(std::count(end.out.begin(), end.out.end(), '\n') == 1);
    auto parsed = json::parse(end.out, nullptr, false);
    REQUIRE(parsed.is_object());
    return parsed;
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

void flip_a_bit(const std::string& path, std::size_t at) {
    auto content = content_of(path);
    REQUIRE(at < content.size());
    content[at] = static_cast<char>(content[at] ^ 4);
    std::ofstream(path, std::ios::binary) << content;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a saved run is listed and inspected, for people and programs") {
    const saved_run run;
    const auto listed = the_line(slackline(run.command("list", {"--json"})));
    CHECK(listed["run"] == "regression");
    CHECK(listed["name"] == run.name);
    CHECK(listed["items_applied"] == 630);
    CHECK(listed["items_total"] == 630);
    CHECK(listed["complete"] == true);
    std::uint64_t size = 0;
    for (const auto& entry : fs::directory_iterator(run.path)) size += entry.file_size();
    CHECK(listed["size_bytes"] == size);
    const auto list = slackline(run.command("list"));
    CHECK(list.code == 0);
    CHECK(contains(list.out, run.name));
    CHECK(contains(list.out, "630/630"));
    CHECK(contains(list.out, "complete"));

    const auto seen = the_line(slackline(run.command("inspect", {"--json"})));
    CHECK(seen["ledger"]["applied"] == 630);
    CHECK(seen["ledger"]["watermark"] == 630);
    CHECK(seen["fingerprint"]["batch"] == "16");
    CHECK(seen["optimizer"] == "adam");
    CHECK(seen["job"] == content_of(EXAMPLES_FOLDER "/regression/job.toml"));
    std::map<std::string, json> shapes;
    for (const auto& file : seen["files"])
        for (const auto& tensor : file["tensors"]) shapes[tensor["name"]] = tensor["shape"];
    CHECK(shapes.size() == 4 * 3);  // four tensors, and Adam's two moments of each
    CHECK(shapes["layer0.weight"] == json({3, 10}));
    CHECK(shapes["layer1.bias.state1"] == json({1}));
    const auto inspect = slackline(run.command("inspect"));
    CHECK(inspect.code == 0);
    CHECK(contains(inspect.out, "630 in all: 630 applied, 0 skipped, 0 open"));
    CHECK(contains(inspect.out, "layer0.weight"));
}

TEST_CASE("verify finds a flipped bit in any file and names it") {
    const saved_run run;
    const auto fine = slackline(run.command("verify", {"--all"}));
    CHECK(fine.code == 0);
    CHECK(fine.err == "");
    CHECK(contains(fine.out, run.name + " is undamaged: 3 files"));
    CHECK(the_line(slackline(run.command("verify", {"--json"})))["undamaged"] == true);
    const auto file =
        GENERATE(as<std::string>(), "model.safetensors", "state.safetensors", "manifest.json");
    INFO(file);
    const auto damaged = run.path + "/" + file;
    flip_a_bit(damaged, fs::file_size(damaged) / 2);
    for (const char* mode : {"--all", "--json"}) {
        const auto end = slackline(run.command("verify", {mode}));
        INFO(end.err);
        CHECK(end.code == 1);
        CHECK(contains(end.err, run.name + "/" + file));
        CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    }
    const auto listed = json::parse(slackline(run.command("list", {"--json"})).out);
    CHECK(listed["complete"] == (file != "manifest.json"));  // a list does not read every file
    const auto resume = slackline(train_regression(run.dir, {"--resume", "--json"}));
    CHECK(resume.code == 1);
    CHECK(contains(resume.err, "none of the 1 checkpoint"));
    CHECK(contains(resume.out, run.name + "/" + file));
}

TEST_CASE("verify --all reads the journal too") {
    const saved_run run;
    flip_a_bit(run.dir + "/regression/journal", 9);
    CHECK(slackline(run.command("verify")).code == 0);
    const auto end = slackline(run.command("verify", {"--all"}));
    CHECK(end.code == 1);
    CHECK(contains(end.err, "regression/journal"));
}

TEST_CASE("a file that is missing is damage, and named") {
    const saved_run run;
    fs::remove(run.path + "/state.safetensors");
    const auto end = slackline(run.command("verify"));
    CHECK(end.code == 1);
    CHECK(contains(end.err, run.name + "/state.safetensors"));
    const auto listed = json::parse(slackline(run.command("list", {"--json"})).out);
    CHECK(listed["complete"] == false);
    CHECK(contains(listed["why"], "state.safetensors"));
}

TEST_CASE("a damaged newest checkpoint is passed over for the one before") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    const words often = {"--json",
                         "--set",
                         "run.epochs=60",
                         "--set",
                         "checkpoint.every_s=0.01",
                         "--set",
                         "run.heartbeat_ms=10"};
    REQUIRE(slackline(train_regression(dir, often)).code == 0);
    std::istringstream lines(slackline({"checkpoint", "list", "--dir", dir, "--json"}).out);
    std::vector<json> kept;
    for (std::string line; std::getline(lines, line);) kept.push_back(json::parse(line));
    REQUIRE(kept.size() == 2);
    flip_a_bit(fmt::format("{}/regression/{}/model.safetensors", dir,
                           kept.back()["name"].get<std::string>()),
               300);
    auto again = often;
    again.push_back("--resume");
    const auto end = slackline(train_regression(dir, again));
    INFO(end.out);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "(an older one is tried)"));
    CHECK(contains(end.out, fmt::format("begins at update {}", kept.front()["count"].dump())));
    CHECK(check_done(end.out)["applied"] == 60 * 63);
}

TEST_CASE("export writes the model's file as it is, and replaces nothing unasked") {
    const saved_run run;
    const auto to = run.scratch.path("model.safetensors");
    const auto told = the_line(slackline(run.command("export", {"--to", to, "--json"})));
    CHECK(told["to"] == to);
    CHECK(told["size_bytes"] == fs::file_size(to));
    CHECK(content_of(to) == content_of(run.path + "/model.safetensors"));
    const auto before = files_in(run.dir);
    check_refused(slackline(run.command("export", {"--to", to})), 2, {to, "--force"});
    CHECK(slackline(run.command("export", {"--to", to, "--force"})).code == 0);
    check_refused(slackline(run.command("export", {"--to", to + "/x"})), 2, {"there is no folder"});
    check_refused(slackline(run.command("export", {"--to", run.dir})), 2, {"is a folder"});
    CHECK(changed_since(before, run.dir) == words{});
}

TEST_CASE("a place that holds no such checkpoint is refused with what is there") {
    const saved_run run;
    const auto none = run.scratch.path("none");
    for (const words& command : {words{"list"}, words{"inspect"}, words{"verify"},
                                 words{"export", "--to", run.scratch.path("to")}}) {
        auto other = command;
        other.insert(other.begin(), "checkpoint");
        auto at_none = other;
        at_none.insert(at_none.end(), {"--dir", none});
        check_refused(slackline(at_none), 2, {"there is no folder " + none, "--dir"});
        auto of_other = other;
        of_other.insert(of_other.end(), {"--dir", run.dir, "--run", "other"});
        check_refused(slackline(of_other), 2, {"no run 'other'", "regression"});
        if (command.front() == "list") continue;
        auto of_name = other;
        of_name.insert(of_name.end(), {"--dir", run.dir, "--checkpoint", "first"});
        check_refused(slackline(of_name), 2, {"no checkpoint 'first'", run.name});
    }
    CHECK(!fs::exists(none));
    CHECK(!fs::exists(run.scratch.path("to")));
}

TEST_CASE("predictions are of the checkpoint, one line a sample, with the run's metrics") {
    const saved_run run;
    const auto to = run.scratch.path("predictions.csv");
    const auto told = the_line(slackline(run.predict({"--to", to, "--json"})));
    CHECK(told["samples"] == 200);
    CHECK(told["metrics"]["mse"].get<double>() == Approx(run.mse));
    const auto printed = slackline(run.predict());
    CHECK(printed.code == 0);
    CHECK(contains(printed.err, "on 200 samples:"));
    CHECK(printed.out == content_of(to));
    std::istringstream lines(printed.out);
    std::string line;
    std::getline(lines, line);
    CHECK(line == "sample,target,prediction");
    double squares = 0;
    int samples = 0;
    for (; std::getline(lines, line); ++samples) {
        double target = 0;
        double prediction = 0;
        int sample = -1;
        REQUIRE(std::sscanf(line.c_str(), "%d,%lf,%lf", &sample, &target, &prediction) == 3);
        CHECK(sample == samples);
        squares += (target - prediction) * (target - prediction);
    }
    CHECK(samples == 200);
    CHECK(squares / samples == Approx(run.mse).epsilon(1e-4));

    const auto exported = run.scratch.path("model.safetensors");
    REQUIRE(slackline(run.command("export", {"--to", exported})).code == 0);
    CHECK(slackline(run.predict({"--model", exported})).out == printed.out);
    CHECK(slackline(run.predict({"--data", EXAMPLES_FOLDER "/regression/test.csv"})).out ==
          printed.out);
    const auto train = slackline(run.predict({"--on", "train"}));
    CHECK(std::count(train.out.begin(), train.out.end(), '\n') == 1 + 1000);
}

TEST_CASE("a prediction that cannot be made is refused, and writes nothing") {
    const saved_run run;
    const auto to = run.scratch.put("there.csv", "precious\n");
    check_refused(slackline(run.predict({"--to", to})), 2, {to, "--force"});
    CHECK(content_of(to) == "precious\n");
    const auto refused = [&](const words& more, int code, const words& told) {
        check_refused(slackline(run.predict(more)), code, told);
    };
    refused({"--on", "validation"}, 2, {"data.validation"});
    refused({"--checkpoint", "first"}, 2, {"no checkpoint 'first'", run.name});
    refused({"--model", run.scratch.path("none")}, 2, {"none", "--model"});
    refused({"--data", run.scratch.path("none.csv")}, 1, {"none.csv does not exist"});
    refused({"--set", "model.hidden=[11]"}, 1, {"layer0.weight", "another shape"});
    refused({"--set", "run.name=other"}, 2, {"no run 'other'"});
    refused({"--model", to}, 1, {to});
}

TEST_CASE("a model of a user's own has the whole command line") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    const words job = {"train", EXAMPLES_FOLDER "/custom_gradient/job.toml", "--set",
                       "checkpoint.dir=" + dir};
    const auto custom = [&](words arguments, const words& more = {}) {
        arguments.insert(arguments.begin(), CUSTOM_GRADIENT_PROGRAM);
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_child(arguments, patience);
    };
    const auto help = custom({"--help"});
    CHECK(help.code == 0);
    for (const char* command : {"train", "predict", "checkpoint"})
        CHECK(contains(help.out, command));
    CHECK(contains(custom({"trian"}).err, "custom_gradient: there is no command 'trian'"));

    const auto end = custom(job, {"--json"});
    INFO(end.err);
    REQUIRE(end.code == 0);
    const auto done = check_done(end.out);
    CHECK(done["items"] == 20 * 63);
    CHECK(done["metrics"]["loss"] < 0.2);  // a line fits all but the bend of max(0, a + b)
    // The key that the job gives to its own model is none of another's.
    check_refused(custom(job, {"--resume", "--set", "model.kind=mlp"}), 2, {"model.delta"});
    check_refused(slackline(job), 2, {"no model 'huber_line'", "mlp"});
    const auto predicted = custom({"predict", job[1], job[2], job[3]});
    CHECK(predicted.code == 0);
    CHECK(std::count(predicted.out.begin(), predicted.out.end(), '\n') == 1 + 200);
}

TEST_CASE("a resume with another kind of model is refused") {
    const scratch_folder scratch;
    const auto job =
        scratch.put("job.toml",
                    "[run]\nname = \"line\"\n[data]\nformat = \"csv\"\ntarget = \"y\"\n"
                    "target_kind = \"value\"\ntrain = \"" EXAMPLES_FOLDER
                    "/regression/train.csv\"\ntest = \"" EXAMPLES_FOLDER
                    "/regression/test.csv\"\n[model]\nkind = \"huber_line\"\n");
    REQUIRE(run_child({CUSTOM_GRADIENT_PROGRAM, "train", job}, patience).code == 0);
    const auto before = files_in(scratch.path("checkpoints"));
    check_refused(run_child({CUSTOM_GRADIENT_PROGRAM, "train", job, "--resume", "--set",
                             "model.kind=mlp", "--set", "model.hidden=[2]"},
                            patience),
                  1, {"model = huber_line", "has mlp", "resume with the same value"});
    CHECK(changed_since(before, scratch.path("checkpoints")) == words{});
}
