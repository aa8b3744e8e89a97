// What users do with a cluster: follow and leave, queue, cancel, resume, look, and end it.
#include <fmt/format.h>
#include <signal.h>

#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"

namespace {

constexpr int epochs = 60;
constexpr int long_epochs = 20'000;  // some minutes: it is ended before it is done

words named(const std::string& run) {
    return {"--set", "run.name=" + run};
}

bool active(const json& status, const std::string& run) {
    const auto r = run_of(status, run);
    return !r.is_null() && r.at("state") == "active" && r.at("applied") > 0;
}

json runs(const cluster_under_test& c) {
    const auto end = run_child(c.command({"runs", "--json"}), patience);
    INFO(end.err);
    REQUIRE(end.code == 0);
    return json::parse(end.out);
}

std::string state(const cluster_under_test& c, const std::string& run) {
    return run_of(runs(c), run).at("state");
}

std::vector<pid_t> processes(const json& status) {
    std::vector<pid_t> all;
    for (const auto& n : status.at("nodes"))
        for (const char* key : {"pid", "parent_pid"}) all.push_back(n.at(key).get<pid_t>());
    return all;
}

}  // namespace

TEST_CASE("Ctrl-C leaves a run, which goes on and can be followed to its end", "[cluster]") {
    cluster_under_test c;
    c.up();
    child follower(c.train(2 * epochs));
    until_event(follower, "progress");
    follower.send(SIGINT);
    const auto left = follower.wait(patience);
    INFO(left.out << left.err);
    CHECK(left.code == 0);
    CHECK(left.err.empty());
    CHECK(left.out.find("detached; run regression goes on: slackline train --attach regression") !=
          std::string::npos);
    const auto applied = run_of(*c.status()).at("applied").get<int>();
    c.until("more items are applied", [&](const json& s) {
        return run_of(s).at("applied") > applied || run_of(s).at("state") == "done";
    });
    check_done(run_child(c.command({"train", "--json", "--attach", "regression"}), patience),
               2 * epochs);
}

TEST_CASE("Ctrl-C of up ends every process, and a follower says that nobody is there",
          "[cluster]") {
    cluster_under_test c(five_nodes(), "heartbeat_ms = 20\n");  // of which it is waited for 300
    c.up();
    child follower(c.train(long_epochs));
    until_event(follower, "progress");
    const auto all = processes(*c.status());
    REQUIRE(all.size() == 10);
    c.up_process().send(SIGINT);
    const auto end = c.up_process().wait(patience);
    INFO(end.err);
    CHECK(end.code == 130);
    CHECK(end.err.find("not all could be finished or handed back") == std::string::npos);
    for (const auto process : all) until_gone(process);
    until_sentence(follower, "the coordinator is gone");
    const auto gone = follower.wait(patience);
    check_refused(gone, 1, {"coord", "for 6", "slackline node --cluster", "--attach regression"});
}

TEST_CASE("runs wait for each other, in the order of their submission", "[cluster]") {
    cluster_under_test c;
    c.up();
    child first(c.train(2 * epochs, named("first")));
    c.until("the first is active", [](const json& s) { return active(s, "first"); });
    child second(c.train(epochs, named("second")));
    until_sentence(second, "run second waits: 1 come(s) before it");
    child third(c.train(epochs, named("third")));
    until_sentence(third, "run third waits: 2 come(s) before it");
    const auto list = runs(c).at("runs");
    REQUIRE(list.size() == 3);
    CHECK(list[0].at("name") == "first");
    CHECK(list[1].at("name") == "second");
    CHECK(list[2].at("name") == "third");
    CHECK(list[1].at("state") == "waiting");
    CHECK(list[2].at("state") == "waiting");
    check_done(first.wait(patience), 2 * epochs);
    check_done(second.wait(patience), epochs);
    check_done(third.wait(patience), epochs);
    for (const char* run : {"first", "second", "third"}) CHECK(state(c, run) == "done");
}

TEST_CASE("a waiting and an active run are cancelled, and the next one has the nodes",
          "[cluster]") {
    cluster_under_test c;
    c.up();
    child first(c.train(long_epochs, named("first")));
    c.until("the first is active", [](const json& s) { return active(s, "first"); });
    child second(c.train(epochs, named("second")));
    until_sentence(second, "waits: 1");
    child third(c.train(epochs, named("third")));
    until_sentence(third, "waits: 2");

    CHECK(run_child(c.command({"cancel", "second"})).code == 0);
    check_refused(second.wait(patience), 1, {"run second was cancelled", "--resume"});
    CHECK(state(c, "first") == "active");
    CHECK(run_child(c.command({"cancel", "first"})).code == 0);
    check_refused(first.wait(patience), 1, {"run first was cancelled", "--resume"});
    check_done(third.wait(patience), epochs);

    CHECK(state(c, "first") == "cancelled");
    CHECK(state(c, "second") == "cancelled");
    check_refused(run_child(c.command({"cancel", "third"})), 2,
                  {"run third has ended before: done"});
    check_refused(run_child(c.command({"cancel", "fourth"})), 2,
                  {"there is no run fourth", "third (done)"});
}

TEST_CASE("a cancelled run is resumed, from its checkpoint or from the beginning", "[cluster]") {
    const bool saved = GENERATE(true, false);
    cluster_under_test c;
    c.up();
    const int n = 2 * epochs;
    child follower(c.train(n, saved ? words{} : words{"--set", "checkpoint.every_s=3600"}));
    until_event(follower, saved ? "checkpoint" : "progress");
    CHECK(run_child(c.command({"cancel", "regression"})).code == 0);
    check_refused(follower.wait(patience), 1, {"was cancelled"});
    const auto end = run_child(c.train(n, {"--resume"}), patience);
    check_done(end, n);
    const bool from_nothing = end.out.find("begins at update 0:") != std::string::npos;
    CHECK(from_nothing == !saved);
}

TEST_CASE("the name of a run is taken until the run ends, and its checkpoints are kept",
          "[cluster]") {
    cluster_under_test c;
    c.up();
    child follower(c.train(2 * epochs));
    c.until("it is active", [](const json& s) { return active(s, "regression"); });
    check_refused(run_child(c.train(epochs)), 2,
                  {"run regression is active with another job", "another name"});
    child same(c.train(2 * epochs));
    until_sentence(same, "run regression is there already and is followed");
    const auto done = check_done(follower.wait(patience), 2 * epochs);
    CHECK(check_done(same.wait(patience), 2 * epochs).at("metrics") == done.at("metrics"));
    CHECK(runs(c).at("runs").size() == 1);
    check_refused(run_child(c.train(2 * epochs)), 2, {"'regression' has", "--resume"});
}

TEST_CASE("a finished run is resumed for more epochs, not for fewer", "[cluster]") {
    cluster_under_test c;
    c.up();
    check_done(run_child(c.train(10), patience), 10);
    const auto more = run_child(c.train(15, {"--resume"}), patience);
    check_done(more, 15);
    CHECK(more.out.find("begins at update 630: the run goes on") != std::string::npos);
    check_refused(run_child(c.train(5, {"--resume"}), patience), 1,
                  {"has come 945 items far", "run.epochs"});
    const auto after = run_child(c.train(20, {"--resume"}), patience);  // nodes hold nothing old
    check_done(after, 20);
}

TEST_CASE("a status has every field, while a run is active and after it", "[cluster]") {
    cluster_under_test c;
    c.up();
    child follower(c.train(2 * epochs));
    const auto s = c.until("it is active", [](const json& now) {
        return active(now, "regression") && run_of(now).at("workers").size() == 2;
    });
    CHECK(s.at("cluster") == "test");
    CHECK(s.at("coordinator") == "coord");
    CHECK(s.at("time_s") > 1'500'000'000);
    CHECK(s.at("waits").is_array());
    REQUIRE(s.at("nodes").size() == 5);
    for (const auto& n : s.at("nodes")) {
        CHECK(n.at("state") == "up");
        CHECK(n.at("pid") > 1);
        CHECK(n.at("parent_pid") > 1);
        CHECK(n.at("incarnation") > 0);
        CHECK(n.at("since_s") >= 0);
        CHECK_FALSE(n.at("program").get<std::string>().empty());
    }
    CHECK(s.at("nodes")[0].at("roles") == json{"coordinator"});
    CHECK(s.at("nodes")[1].at("roles") == json{"shard", "sequencer"});
    CHECK(s.at("nodes")[3].at("roles") == json{"worker"});
    CHECK(s.at("shards") == json::parse(R"([{"shard":0,"node":"shard-0","state":"up"},
                                            {"shard":1,"node":"shard-1","state":"up"}])"));
    const auto r = run_of(s);
    CHECK(r.at("run") == 1);
    CHECK(r.at("era") == 1);
    CHECK(r.at("items") == 2 * epochs * items_an_epoch);
    CHECK(r.at("count") == r.at("applied"));
    CHECK(r.at("staleness") <= 4);
    for (const auto& w : r.at("workers")) {
        CHECK(w.at("node") == fmt::format("worker-{}", w.at("worker").get<int>()));
        for (const char* key : {"clock", "open", "window", "failures", "item_ms", "items_per_s"})
            CHECK(w.at(key).is_number());
    }
    const auto done = check_done(follower.wait(patience), 2 * epochs);
    const auto after = run_of(*c.status());
    CHECK(after.at("state") == "done");
    CHECK(after.at("applied") == done.at("applied"));
    CHECK(after.at("skipped") == 0);
    CHECK(after.at("items") == done.at("items"));
    CHECK(after.at("staleness") == done.at("staleness_max"));
    CHECK(after.at("checkpoint_age_s") >= 0);
    CHECK(after.at("workers").empty());
    CHECK(after.at("awaits").empty());
}

TEST_CASE("a run that is submitted before all nodes are there names those it waits for",
          "[cluster]") {
    const words missing = GENERATE(words{"shard-1"}, words{"worker-0", "worker-1"});
    cluster_under_test c;
    nodes_by_hand nodes(c, missing);
    c.until("four or three nodes are up", [&](const json& s) {
        std::size_t n = 0;
        for (const auto& node : s.at("nodes")) n += node.at("state") == "up";
        return n + missing.size() == 5;
    });
    child follower(c.train(epochs));
    const auto waiting = c.until("the run waits", [&](const json& s) {
        return !run_of(s).is_null() && run_of(s).at("awaits").size() == missing.size();
    });
    for (std::size_t i = 0; i < missing.size(); ++i) {
        CHECK(run_of(waiting).at("awaits")[i].at("node") == missing[i]);
        CHECK(run_of(waiting).at("awaits")[i].at("deadline_s") > 0);
        const auto sentence = waiting.at("waits").at(i).get<std::string>();
        INFO(sentence);
        CHECK(sentence.find("node " + missing[i] + " was never heard") == 0);
    }
    until_sentence(follower, "run regression waits for node " + missing[0]);
    for (const auto& name : missing) nodes.start(name);
    check_done(follower.wait(patience), epochs);
    nodes.send("coord", SIGTERM);
    const auto log = nodes.end("coord").err;
    INFO(log);
    for (const auto& name : missing)
        CHECK(log.find("node " + name +
                       " was never heard; run regression waits for it until 30 s "
                       "have passed") != std::string::npos);
}

TEST_CASE("a node that holds a part of the state has it saved before it ends", "[cluster]") {
    const std::string name = GENERATE("shard-0", "shard-1", "coord");
    cluster_under_test c;
    nodes_by_hand nodes(c);
    c.wait_until_up();
    child follower(c.train(4 * epochs, {"--set", "checkpoint.every_s=3600"}));
    until_event(follower, "progress");
    nodes.send(name, SIGTERM);
    const auto end = nodes.end(name);
    INFO(end.err);
    CHECK(end.code == 143);
    CHECK(end.err.find("not all could be") == std::string::npos);
    until_event(follower, "checkpoint");
    nodes.start(name);
    check_done(follower.wait(patience), 4 * epochs);
}

TEST_CASE("a signal to a node has a checkpoint written", "[cluster]") {
    const std::string name = GENERATE("coord", "shard-1", "worker-0");
    cluster_under_test c;
    c.up();
    child follower(c.train(long_epochs, {"--set", "checkpoint.every_s=3600"}));
    until_event(follower, "progress");
    CHECK(run_of(*c.status()).at("checkpoint_age_s").is_null());
    c.signal(name, SIGUSR1);
    CHECK(until_event(follower, "checkpoint").at("count") > 0);
}
