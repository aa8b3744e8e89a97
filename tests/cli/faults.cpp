// Runs that are killed in part or as a whole, asked to stop, or left without a disk or a listener.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>

#include "slackline.hpp"
#include "tests/catch.hpp"

using nlohmann::json;

namespace {

constexpr long items_per_epoch = 63;

/// A run that is long enough to be disturbed, tells of itself every 10 ms, and takes a checkpoint
/// every 50 ms.
words long_run(const std::string& dir, int epochs, const words& more = {}) {
    words set = {"--json",
                 "--set",
                 fmt::format("run.epochs={}", epochs),
                 "--set",
                 "run.heartbeat_ms=10",
                 "--set",
                 "checkpoint.every_s=0.05"};
    set.insert(set.end(), more.begin(), more.end());
    return train_regression(dir, set);
}

/// Resumes to the end; every item must be in the account once, and the checkpoints undamaged.
json resumed(const std::string& dir, int epochs) {
    const auto end = slackline(long_run(dir, epochs, {"--resume"}));
    INFO("standard error: " << end.err);
    REQUIRE(end.code == 0);
    const auto done = check_done(end.out);
    CHECK(done["items"] == epochs * items_per_epoch);
    CHECK(done["applied"] == done["items"]);
    const auto verified = slackline({"checkpoint", "verify", "--dir", dir, "--all"});
    INFO(verified.err);
    CHECK(verified.code == 0);
    return done;
}

/// Reads lines up to the first event of that kind and returns it.
json until(child& of, const std::string& event) {
    while (const auto line = of.line(patience)) {
        auto parsed = json::parse(*line);
        if (parsed["event"] == event) return parsed;
    }
    FAIL("no event '" << event << "' came");
    return {};
}

const words with_logs = {"--set", "consistency.level=logged"};

/// Starts a run with logs and kills its process once it has told of these, in order: the last.
json killed_with_logs(const std::string& dir, int epochs, const words& events,
                      const words& more = {}) {
    auto set = with_logs;
    set.insert(set.end(), more.begin(), more.end());
    child run(slackline_command(long_run(dir, epochs, set)));
    json last;
    for (const auto& e : events) last = until(run, e);
    run.send(SIGKILL);
    run.wait(patience);
    return last;
}

bool told(const std::vector<json>& lines, const std::string& part) {
    return std::any_of(lines.begin(), lines.end(), [&](const json& line) {
        return line.value("sentence", "").find(part) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("a killed actor is named, started again, and costs no item") {
    const auto [kill, name] = GENERATE(table<std::string, std::string>({
        {"worker:0@30", "worker 0"},
        {"worker:1@60.5", "worker 1"},
        {"shard:0@40", "shard 0"},
        {"shard:1@70", "shard 1"},
        {"sequencer@50", "sequencer"},
    }));
    const scratch_folder scratch;
    INFO("--kill " << kill);
    const auto end = slackline(long_run(scratch.path("runs"), 60, {"--kill", kill}));
    INFO("standard error: " << end.err);
    REQUIRE(end.code == 0);
    const auto done = check_done(end.out);
    CHECK(done["items"] == 60 * items_per_epoch);
    CHECK(done["applied"] == done["items"]);
    const auto lines = json_lines(end.out);
    CHECK(told(lines, name + " is killed, on request"));
    CHECK(told(lines, name + " ended (killed); it is started again"));
    if (!name.starts_with("worker")) CHECK(told(lines, name + " was lost and came back"));
}

TEST_CASE("several kills in one run cost no item either") {
    const scratch_folder scratch;
    const auto end = slackline(long_run(scratch.path("runs"), 60,
                                        {"--kill", "worker:0@20", "--kill", "shard:1@40", "--kill",
                                         "sequencer@60", "--kill", "worker:1@80"}));
    REQUIRE(end.code == 0);
    const auto done = check_done(end.out);
    CHECK(done["applied"] == 60 * items_per_epoch);
}

TEST_CASE("a kill of nobody is refused, and one that came too late is told") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    for (const char* form : {"worker", "worker:0", "worker:x@50", "worker:0@", "worker:0@101",
                             "worker:0@-1", "worker:0@nan", "node:0@50", "@50", ""})
        check_refused(slackline(train_regression(dir, {"--kill", form})), 2,
                      {fmt::format("--kill {}: write ACTOR@PERCENT", form)});
    check_refused(slackline(train_regression(dir, {"--kill", "worker:2@50"})), 2,
                  {"--kill worker:2", "2 workers"});
    check_refused(slackline(train_regression(dir, {"--kill", "shard:9@50"})), 2,
                  {"--kill shard:9", "2 shards"});
    check_refused(slackline(train_regression(dir, {"--kill", "sequencer:1@50"})), 2,
                  {"--kill sequencer:1", "1 sequencer"});
    CHECK(files_in(dir).empty());
    // The first that is heard of a run this short is its end.
    const auto end =
        slackline(train_regression(dir, {"--json", "--kill", "worker:1@100", "--set",
                                         "run.epochs=1", "--set", "run.heartbeat_ms=1000"}));
    CHECK(end.code == 0);
    CHECK(told(json_lines(end.out), "worker 1 was not killed: the run was done before"));
}

TEST_CASE("a run that is asked to stop saves itself and says so by its exit code") {
    const auto [signal, code] = GENERATE(table<int, int>({{SIGTERM, 143}, {SIGINT, 130}}));
    // The first line may come before any shard is ready to be saved.
    const auto event = GENERATE(as<std::string>(), "era", "evaluated");
    INFO("signal " << signal << " at the first event '" << event << "'");
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    child run(slackline_command(long_run(dir, 4000, {"--set", "checkpoint.every_s=1000"})));
    until(run, event);
    run.send(signal);
    const auto end = run.wait(patience);
    CHECK(end.signal == 0);
    CHECK(end.code == code);
    CHECK(end.err == "");
    const auto lines = json_lines(end.out);
    CHECK(told(lines, "asked to stop: a checkpoint is written first"));
    CHECK(lines.back()["event"] != "done");
    const auto saved = std::find_if(lines.begin(), lines.end(),
                                    [](const json& line) { return line["event"] == "checkpoint"; });
    REQUIRE(saved != lines.end());
    CHECK(!files_in((*saved)["path"]).empty());
    const auto again = slackline(
        train_regression(dir, {"--json", "--resume", "--set", "run.epochs=4000", "--set",
                               "evaluation.patience=1", "--set", "evaluation.min_delta=1000"}));
    CHECK(again.code == 0);
    const auto done = check_done(again.out);
    CHECK(done["applied"] == done["items"]);
    CHECK(done["applied"] >= (*saved)["count"]);
}

TEST_CASE("a run that was stopped ends with every item once, on any number of shards") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    child run(slackline_command(long_run(dir, 40)));
    until(run, "evaluated");
    run.send(SIGTERM);
    CHECK(run.wait(patience).code == 143);
    for (const char* shards : {"1", "3", "5"}) {
        child next(
            slackline_command(long_run(dir, 40,
                                       {"--resume", "--set", fmt::format("run.shards={}", shards),
                                        "--kill", fmt::format("shard:{}@99", shards[0] - '1')})));
        until(next, "checkpoint");
        next.send(SIGTERM);
        const auto code = next.wait(patience).code;
        CHECK((code == 143 || code == 0));  // 0: the run was done before the signal came
    }
    resumed(dir, 40);
}

TEST_CASE("a checkpoint can be asked for at any time") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    child run(slackline_command(long_run(dir, 4000, {"--set", "checkpoint.every_s=1000"})));
    until(run, "evaluated");
    run.send(SIGUSR1);
    const auto saved = until(run, "checkpoint");
    CHECK(slackline({"checkpoint", "verify", "--dir", dir}).code == 0);
    CHECK(saved["count"] > 0);
}

TEST_CASE("a second process keeps away from a run that is trained") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    child run(slackline_command(long_run(dir, 4000)));
    until(run, "checkpoint");
    check_refused(
        slackline(long_run(dir, 4000, {"--resume"})), 2,
        {"regression/lock is held by process " + std::to_string(run.pid()), "choose another"});
}

TEST_CASE("a process that is killed at drawn moments ends with every item once") {
    constexpr int epochs = 300;
    constexpr int kills_max = 12;
    const auto seed = GENERATE(1u, 2u, 3u);
    std::mt19937 draw(seed);
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    int killed = 0;
    for (int k = 0; k < kills_max; ++k) {
        // The number of lines read is the moment: from before the first era to amid checkpoints.
        const auto lines = std::uniform_int_distribution<int>(0, 30)(draw);
        INFO("seed " << seed << ", kill " << k << " after " << lines << " lines");
        child run(slackline_command(long_run(dir, epochs, {"--resume"})));
        for (int i = 0; i < lines && run.line(patience); ++i) {
        }
        run.send(SIGKILL);
        const auto end = run.wait(patience);
        CHECK((end.signal == SIGKILL || end.code == 0));
        CHECK(end.err == "");
        killed += end.signal == SIGKILL;
    }
    CHECK(killed >= kills_max / 2);
    resumed(dir, epochs);
}

TEST_CASE("a run that nobody hears saves itself and ends, and no signal ends it") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    const auto epochs = GENERATE(10, 4000);
    child run(slackline_command(long_run(dir, epochs)));
    REQUIRE(run.line(patience));
    run.close_out();
    const auto end = run.wait(patience);
    INFO(end.err);
    CHECK(end.signal == 0);
    CHECK(end.code == 1);
    CHECK(end.err.find("the standard output cannot be written: Broken pipe") != std::string::npos);
    CHECK(slackline({"checkpoint", "verify", "--dir", dir}).code == 0);
}

TEST_CASE("a listener whose disk is full is told on the standard error") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    words all = {"/bin/sh", "-c", "exec \"$0\" \"$@\" > /dev/full"};
    for (const auto& word : slackline_command(long_run(dir, 10))) all.push_back(word);
    const auto end = run_child(all, patience);
    CHECK(end.code == 1);
    CHECK(end.err.find("cannot be written: No space left on device") != std::string::npos);
}

TEST_CASE("a disk that takes no checkpoint ends the run with the cause, and a resume repairs it") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    // Files may have 512 or 1024 bytes, as the shell counts: the journal fits, a manifest does not.
    const auto limited = [&](int epochs) {
        words all = {"/bin/sh", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""};
        for (const auto& word :
             slackline_command(long_run(dir, epochs, {"--set", "checkpoint.give_up_s=1"})))
            all.push_back(word);
        return all;
    };
    SECTION("at its end") {
        const auto end = run_child(limited(20), patience);
        INFO(end.err);
        CHECK(end.signal == 0);
        CHECK(end.code == 1);
        CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
        for (const char* part : {"the last checkpoint could not be written: ", dir.c_str(),
                                 "File too large", "--resume"})
            CHECK(end.err.find(part) != std::string::npos);
        CHECK(told(json_lines(end.out), "warning: cannot write " + dir));
    }
    SECTION("when it is asked to stop") {
        child run(limited(4000));
        until(run, "warning");
        run.send(SIGTERM);
        const auto end = run.wait(patience);
        CHECK(end.code == 1);
        CHECK(end.err.find("no checkpoint could be written within 1 s; remove the cause") !=
              std::string::npos);
    }
    CHECK(slackline({"checkpoint", "verify", "--dir", dir}).code == 1);
    const auto repaired = slackline(long_run(dir, 20, {"--resume"}));
    INFO(repaired.err);
    CHECK(repaired.code == 0);
    CHECK(check_done(repaired.out)["applied"] == 20 * items_per_epoch);
}

TEST_CASE("a run that keeps logs goes on in its era, whichever actor is killed") {
    const std::string kill = GENERATE("shard:0@40", "shard:1@70", "sequencer@50");
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    INFO("--kill " << kill);
    const auto end = slackline(long_run(dir, 60, {with_logs[0], with_logs[1], "--kill", kill}));
    INFO("standard error: " << end.err);
    REQUIRE(end.code == 0);
    CHECK(check_done(end.out)["applied"] == 60 * items_per_epoch);
    const auto lines = json_lines(end.out);
    CHECK(told(lines, "was lost; it goes on from its log"));
    CHECK(std::count_if(lines.begin(), lines.end(),
                        [](const json& line) { return line["event"] == "era"; }) == 1);
    CHECK(files_in(dir + "/regression/log").empty());  // what they held is in the checkpoint
}

TEST_CASE("a process that kept logs and is killed is resumed where it was") {
    constexpr int epochs = 150;
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    const auto last = killed_with_logs(dir, epochs, {"checkpoint", "progress"});
    check_refused(slackline(long_run(dir, epochs, with_logs)), 2, {"and logs", "--resume"});
    auto again = with_logs;
    again.push_back("--resume");
    const auto end = slackline(long_run(dir, epochs, again));
    INFO("standard error: " << end.err);
    REQUIRE(end.code == 0);
    CHECK(check_done(end.out)["applied"] == epochs * items_per_epoch);
    const auto lines = json_lines(end.out);
    const auto first = std::find_if(lines.begin(), lines.end(),
                                    [](const json& line) { return line["event"] == "progress"; });
    REQUIRE(first != lines.end());
    CHECK((*first)["applied"] >= last["applied"]);  // nothing acknowledged was taken back
    CHECK(std::none_of(lines.begin(), lines.end(),
                       [](const json& line) { return line["event"] == "era"; }));
}

TEST_CASE("logs that are lost cost what is behind the checkpoint, and are told") {
    constexpr int epochs = 150;
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    killed_with_logs(dir, epochs, {"checkpoint"});
    std::string told_of;
    SECTION("a shard's") {
        REQUIRE(std::filesystem::remove_all(dir + "/regression/log/shard-1") > 0);
        told_of = "the log of shard 1 does not go on where its checkpoint ends";
    }
    SECTION("the sequencer's") {
        REQUIRE(std::filesystem::remove_all(dir + "/regression/log/sequencer") > 0);
        told_of = "the log of the sequencer is gone";
    }
    auto again = with_logs;
    again.push_back("--resume");
    const auto end = slackline(long_run(dir, epochs, again));
    INFO("standard error: " << end.err);
    REQUIRE(end.code == 0);
    CHECK(check_done(end.out)["applied"] == epochs * items_per_epoch);
    const auto lines = json_lines(end.out);
    CHECK(std::any_of(lines.begin(), lines.end(), [&](const json& line) {
        return line["event"] == "era" && line.dump().find(told_of) != std::string::npos;
    }));
}

TEST_CASE("a run with logs that was done is resumed from its checkpoint, in a new era") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    REQUIRE(slackline(long_run(dir, 5, with_logs)).code == 0);
    auto longer = with_logs;
    longer.push_back("--resume");
    const auto end = slackline(long_run(dir, 9, longer));
    REQUIRE(end.code == 0);
    CHECK(check_done(end.out)["applied"] == 9 * items_per_epoch);
    CHECK(told(json_lines(end.out), "era 2 begins at update 315: the run goes on"));
}

TEST_CASE("logs are not gone on from with what would do other things with them") {
    const scratch_folder scratch;
    const auto dir = scratch.path("runs");
    killed_with_logs(dir, 4000, {"progress"}, {"--set", "checkpoint.every_s=1000"});
    const auto before = files_in(dir);
    const auto refused = [&](const char* set, const char* difference) {
        INFO(set);
        auto given = with_logs;
        given.insert(given.end(), {"--resume", "--set", set});
        check_refused(slackline(long_run(dir, 4000, given)), 1,
                      {difference, "/regression/log to go on from the newest checkpoint"});
        CHECK(changed_since(before, dir).empty());
    };
    refused("run.shards=3", "shards = 2 and the job has 3");
    refused("optimizer.weight_decay=0.5", "optimizer settings = ");
    refused("run.batch=8", "batch = 16 and the job has 8");
    refused("consistency.level=applied", "level = logged and the job has applied");
}
