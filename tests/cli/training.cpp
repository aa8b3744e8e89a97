// What a run that goes well tells, and what is told of runs that cannot go on.
#include <cmath>
#include <filesystem>

#include "slackline.hpp"
#include "tests/catch.hpp"

using nlohmann::json;

namespace {

constexpr long samples = 1000;

// Trains to the end and returns what the last line says.
json trained(const words& arguments) {
    auto all = arguments;
    all.push_back("--json");
    const auto end = slackline(all);
    INFO("standard error: " << end.err);
    REQUIRE(end.code == 0);
    CHECK(end.err == "");
    return check_done(end.out);
}

words with(words arguments, const words& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace

TEST_CASE("a run's JSON lines end with its whole account") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    const auto epochs = GENERATE(1, 3);
    const auto batch = GENERATE(16, 7);
    const auto done =
        trained(train_regression(dir, {"--set", "run.epochs=" + std::to_string(epochs), "--set",
                                       "run.batch=" + std::to_string(batch)}));
    CHECK(done["items"] == epochs * ((samples + batch - 1) / batch));
    CHECK(done["applied"] == done["items"]);
    CHECK(done["duplicates"] == 0);
    CHECK(done["staleness_max"] <= 4);
    CHECK(done["run"] == "regression");
    CHECK(done["checkpoint"].get<std::string>().find(dir + "/regression/checkpoint-") == 0);
    CHECK(done["metrics"]["mse"] == done["loss"]);
}

TEST_CASE("the first network of the regression example learns its line") {
    const scratch_folder scratch;
    // The data's variance is above 2 and its noise 0.0025.
    CHECK(trained(train_regression(scratch.path("runs")))["metrics"]["mse"] < 0.2);
}

TEST_CASE("drawn digits are classified, and classes have an accuracy") {
    const scratch_folder scratch;
    const auto job = scratch.put("digits.toml",
                                 "[run]\nname = \"digits\"\nepochs = 2\nbatch = 32\n"
                                 "[data]\nformat = \"drawn-digits\"\ntrain_samples = 2000\n"
                                 "test_samples = 300\nvalidation = 0.1\n"
                                 "[model]\nkind = \"mlp\"\nhidden = [32]\n"
                                 "[optimizer]\nkind = \"adam\"\nlearning_rate = 0.003\n");
    const auto done = trained({"train", job});
    CHECK(done["items"] == 2 * 57);  // 1800 samples in batches of 32, twice
    CHECK(done["metrics"]["accuracy"] > 0.5);
    CHECK(done["metrics"].contains("validation_accuracy"));
    CHECK(std::filesystem::exists(scratch.path("checkpoints/digits")));
}

TEST_CASE("a run that stops early on a plateau accounts for the items that it had") {
    const scratch_folder scratch;
    const auto done = trained(train_regression(
        scratch.path("runs"), {"--set", "run.epochs=500", "--set", "evaluation.patience=2", "--set",
                               "evaluation.min_delta=1000"}));
    CHECK(done["items"] < 500 * 63);
    CHECK(done["applied"] == done["items"]);
}

TEST_CASE("people read the same account, as plain lines") {
    const scratch_folder scratch;
    const auto end = slackline(train_regression(scratch.path("runs")));
    INFO(end.out);
    CHECK(end.code == 0);
    CHECK(end.err == "");
    for (const char* part :
         {"run regression: 1000 samples, 2 workers, 2 shards", "epoch  10",
          "run regression is done",
          "items: 630 in all = 630 applied + 0 skipped, each exactly once", "checkpoint: "}) {
        INFO("it should tell: " << part);
        CHECK(end.out.find(part) != std::string::npos);
    }
    CHECK(end.out.find('\033') == std::string::npos);
}

TEST_CASE("--check validates job, data and model, and makes nothing") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    const auto fine = slackline(train_regression(dir, {"--check"}));
    CHECK(fine.code == 0);
    CHECK(fine.err == "");
    CHECK(fine.out.find("job.toml is fine: run regression, 1000 samples") != std::string::npos);
    check_refused(slackline(train_regression(dir, {"--check", "--set", "data.train=none.csv"})), 1,
                  {"regression/none.csv does not exist", "[data]"});
    CHECK(!std::filesystem::exists(dir));
}

TEST_CASE("data that is absent, damaged or of another shape is refused with its place") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    const auto refused = [&](const char* key, const std::string& file, const words& told) {
        const auto set = std::string("data.") + key + "=" + file;
        check_refused(slackline(train_regression(dir, {"--json", "--set", set})), 1, told);
        check_refused(slackline(train_regression(dir, {"--check", "--set", set})), 1, told);
        CHECK(!std::filesystem::exists(dir));
    };
    for (const char* key : {"train", "test"}) {
        refused(key, scratch.path("none.csv"), {"none.csv does not exist", "correct the path"});
        refused(key, scratch.put("text.csv", "a,b,c,y\n1,2,3,4\n1,two,3,4\n"),
                {"text.csv:3", "two"});
        refused(key, scratch.put("short.csv", "a,b,c,y\n1,2,3,4\n1,2,3\n"), {"short.csv:3"});
        refused(key, scratch.put("empty.csv", ""), {"empty.csv"});
    }
    refused("train", scratch.put("other.csv", "a,b,c,z\n1,2,3,4\n"), {"other.csv", "y"});
    refused("test", scratch.put("wide.csv", "a,b,c,d,y\n1,2,3,4,5\n"), {"wide.csv"});
}

TEST_CASE("a run that has a checkpoint is not begun again over it") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    trained(train_regression(dir));
    const auto before = files_in(dir);
    check_refused(slackline(train_regression(dir)), 2,
                  {"run 'regression' has 1 checkpoint", dir, "--resume"});
    check_refused(slackline(train_regression(dir, {"--json"})), 2, {"--resume"});
    CHECK(changed_since(before, dir) == words{});
    CHECK(trained(train_regression(dir, {"--set", "run.name=other"}))["run"] == "other");
}

TEST_CASE("a resume must be of the same run, and touches nothing where it is not") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    trained(train_regression(dir));
    const auto before = files_in(dir);
    const auto data = scratch.put("other.csv", "a,b,c,y\n1,2,3,4\n2,3,4,5\n");
    const auto refused = [&](const words& set, const words& told) {
        auto all = told;
        all.push_back(dir + "/regression/checkpoint-");
        check_refused(slackline(train_regression(dir, with({"--resume"}, set))), 1, all);
        check_refused(slackline(train_regression(dir, with({"--resume", "--json"}, set))), 1, all);
        CHECK(changed_since(before, dir) == words{});
    };
    refused({"--set", "run.seed=3"}, {"seed = 1", "has 3", "resume with the same value"});
    refused({"--set", "run.batch=8"}, {"batch = 16", "has 8"});
    refused({"--set", "data.train=" + data}, {"data = "});
    refused({"--set", "optimizer.kind=sgd"}, {"optimizer = adam", "has sgd"});
    refused({"--set", "model.hidden=[11]"}, {"hidden=[10]", "hidden=[11]"});
    refused({"--set", "model.activation=tanh"}, {"activation=\"relu\"", "activation=\"tanh\""});
}

TEST_CASE("a run that skips every item says why and fails") {
    const scratch_folder scratch;
    std::string text = "a,b,c,y\n";
    for (int i = 0; i < 40; ++i) text += "1,2,3,3e38\n";  // its squared error is no float
    const auto file = scratch.put("huge.csv", text);
    const auto end = slackline(train_regression(
        scratch.path("runs"),
        {"--set", "data.train=" + file, "--set", "data.test=" + file, "--set", "run.epochs=1"}));
    CHECK(end.code == 1);
    CHECK(end.out.find("3 in all = 0 applied + 3 skipped") != std::string::npos);
    CHECK(end.err.find("every item was skipped") != std::string::npos);
}

TEST_CASE("gradients that are longer than a run allows are skipped with both lengths") {
    const scratch_folder scratch;
    const auto end = slackline(train_regression(
        scratch.path("runs"), {"--set", "run.epochs=1", "--set", "run.gradient_norm_max=1e-9"}));
    CHECK(end.code == 1);
    CHECK(end.out.find("63 in all = 0 applied + 63 skipped") != std::string::npos);
    CHECK(end.out.find("and run.gradient_norm_max is 1e-09") != std::string::npos);
    CHECK(trained(train_regression(
              scratch.path("others"),
              {"--set", "run.epochs=1", "--set", "run.gradient_norm_max=1e9"}))["applied"] == 63);
}

TEST_CASE("a resume without a checkpoint begins the run") {
    const scratch_folder scratch;
    CHECK(trained(train_regression(scratch.path("runs"), {"--resume"}))["applied"] == 630);
}

TEST_CASE("a checkpoint folder that cannot be made is refused by name") {
    const scratch_folder scratch;
    const auto file = scratch.put("file", "no folder\n");
    const auto refused = [](const std::string& dir, const words& told) {
        check_refused(slackline(train_regression(dir, {"--json"})), 1, told);
        check_refused(slackline(train_regression(dir)), 1, told);
    };
    refused(file, {"cannot create the folder", file, "Not a directory"});
    refused(file + "/below", {"cannot create the folder", file, "Not a directory"});
    refused("/proc/slackline/runs", {"cannot create the folder", "/proc/slackline"});
}
