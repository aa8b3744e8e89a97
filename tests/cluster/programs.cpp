// Nodes that run their users' own programs: models of theirs, and what is wrong with these.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"

namespace {

constexpr int own_epochs = 20;     // of the example
constexpr int long_epochs = 5000;  // more than are trained before a node's refusal is heard
constexpr int epochs = 60;

words train_own(const cluster_under_test& c, const std::string& program, int n = own_epochs) {
    return c.command({"train", EXAMPLES_FOLDER "/custom_gradient/job.toml", "--json", "--set",
                      "checkpoint.dir=" + c.path("runs"), "--set", fmt::format("run.epochs={}", n)},
                     program);
}

// The job of the program with a model that fails; the epochs and how it fails are the test's.
std::string faulty_job(const cluster_under_test& c, int n, const std::string& model) {
    std::ofstream(c.path("faulty.toml")) << fmt::format(
        R"([run]
name = "faulty"
epochs = {0}
seed = 1
batch = 16
workers = 2
shards = 2
[data]
format = "csv"
train = "{1}/regression/train.csv"
test = "{1}/regression/test.csv"
target = "y"
target_kind = "value"
[model]
kind = "faulty_line"
{2}
[optimizer]
kind = "sgd"
learning_rate = 0.01
[consistency]
preset = "async"
[checkpoint]
dir = "{3}"
every_s = 0.3
)",
        n, EXAMPLES_FOLDER, model, c.path("runs"));
    return c.path("faulty.toml");
}

words train_faulty(const cluster_under_test& c, const std::string& job) {
    return c.command({"train", job, "--json"}, FAULTY_GRADIENT_PROGRAM);
}

std::string last_of(const std::string& text) {
    const auto line = text.rfind('\n', text.size() - 2);
    return text.substr(line == std::string::npos ? 0 : line + 1);
}

}  // namespace

TEST_CASE("a cluster whose nodes run a program of the user's trains its model", "[cluster]") {
    cluster_under_test c;
    c.start_up(CUSTOM_GRADIENT_PROGRAM);
    c.wait_until_up();
    CHECK(c.node("worker-0").at("program") == CUSTOM_GRADIENT_PROGRAM);
    const auto done =
        check_done(run_child(train_own(c, CUSTOM_GRADIENT_PROGRAM), patience), own_epochs);
    CHECK(done.at("metrics").at("loss").get<double>() < 0.1);
    // Whoever submits need not have the model: the nodes have it.
    check_refused(run_child(train_own(c, SLACKLINE_PROGRAM), patience), 2, {"--resume"});
}

TEST_CASE("a node whose program lacks the model is named, and so is the model", "[cluster]") {
    cluster_under_test c(five_nodes() + "program = \"" SLACKLINE_PROGRAM "\"\n");
    c.start_up(CUSTOM_GRADIENT_PROGRAM);
    c.wait_until_up();
    check_refused(run_child(train_own(c, CUSTOM_GRADIENT_PROGRAM, long_epochs), patience), 1,
                  {"node worker-1 refuses run custom_gradient", "no model 'huber_line'",
                   "program of worker-1"});
    check_done(run_child(c.train(10), patience), 10);  // every node is free, and has this model
}

TEST_CASE("a model that the coordinator's program lacks is refused at once", "[cluster]") {
    cluster_under_test c;
    c.up();
    check_refused(run_child(train_own(c, CUSTOM_GRADIENT_PROGRAM), patience), 2, {"huber_line"});
    CHECK(c.status()->at("runs").empty());
}

TEST_CASE("a gradient that crashes takes its node along, which comes back", "[cluster]") {
    cluster_under_test c;
    c.start_up(FAULTY_GRADIENT_PROGRAM);
    c.wait_until_up();
    const auto marker = c.path("crash");
    const auto job = faulty_job(c, 2 * epochs, fmt::format("crash_where = \"{}\"", marker));
    child follower(train_faulty(c, job));
    until_event(follower, "checkpoint");
    std::ofstream{marker};
    const auto end = follower.wait(patience);
    check_done(end, 2 * epochs);
    CHECK_FALSE(std::ifstream(marker));
    c.wait_until_up();
    c.up_process().send(SIGTERM);
    const auto up = c.up_process().wait(patience);
    INFO(up.err);
    CHECK(up.code == 143);
    CHECK(up.err.find("ended by SIGSEGV; it is started again") != std::string::npos);
}

TEST_CASE("an item whose gradient throws is skipped with its cause", "[cluster]") {
    cluster_under_test c;
    c.start_up(FAULTY_GRADIENT_PROGRAM);
    c.wait_until_up();
    const auto job = faulty_job(c, 1, "throw_at_feature = -0.352");  // of the first sample alone
    const auto end = run_child(train_faulty(c, job), patience);
    INFO(end.out << end.err);
    REQUIRE(end.code == 0);
    const auto done = json::parse(last_of(end.out));
    CHECK(done.at("event") == "done");
    CHECK(done.at("items") == items_an_epoch);
    CHECK(done.at("applied") == items_an_epoch - 1);
    CHECK(done.at("skipped") == 1);
    const auto skips = done.at("skips").dump();
    INFO(skips);
    CHECK(skips.find("this sample is poison") != std::string::npos);
    const auto run = run_of(*c.status(), "faulty");
    CHECK(run.at("skipped") == 1);
    REQUIRE(run.at("skips").size() == 1);
    const auto cause = run.at("skips")[0].at("cause").get<std::string>();
    CHECK(cause.starts_with("3 failures, the last on worker "));
    CHECK(cause.ends_with("this sample is poison"));
}

TEST_CASE("a gradient that is no number on one worker is computed on another", "[cluster]") {
    cluster_under_test c;
    c.start_up(FAULTY_GRADIENT_PROGRAM);
    c.wait_until_up();
    const auto marker = c.path("nan");
    const auto job = faulty_job(c, 2 * epochs, fmt::format("nan_where = \"{}\"", marker));
    child follower(train_faulty(c, job));
    until_event(follower, "checkpoint");
    std::ofstream{marker};
    c.until("a worker on which an item failed", [](const json& status) {
        const auto workers = run_of(status, "faulty").at("workers");
        return std::count_if(workers.begin(), workers.end(),
                             [](const json& w) { return w.at("failures") == 1; }) == 1;
    });
    const auto done = check_done(follower.wait(patience), 2 * epochs);
    CHECK(done.at("skipped") == 0);
    CHECK_FALSE(std::ifstream(marker));
}
