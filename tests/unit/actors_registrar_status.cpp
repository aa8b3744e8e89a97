// What the registrar tells of the cluster and its runs.
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;
using bench = registrar_bench;
using json = nlohmann::json;

TEST_CASE("the status has the cluster's nodes and where its shards are", "[registrar]") {
    bench s;
    s.beat(2);
    const auto j = s.status();
    CHECK(j.at("cluster") == "local");
    CHECK(j.at("coordinator") == "head");
    CHECK(j.at("time_s") == 1'700'000'000);
    REQUIRE(j.at("nodes").size() == 4);
    const auto& n = j.at("nodes").at(3);
    CHECK(n.at("name") == "worker-1");
    CHECK(n.at("roles") == json{"worker"});
    CHECK(n.at("pid") == 103);
    CHECK(n.at("parent_pid") == 50);
    CHECK(n.at("incarnation") == 7);
    CHECK(n.at("state") == "up");
    CHECK(n.at("program") == "slackline 0.1.0");
    CHECK_FALSE(n.contains("waits_for"));
    CHECK(j.at("shards") == json::parse(R"([{"shard":0,"node":"shard-1","state":"up"},
                                            {"shard":1,"node":"shard-2","state":"up"}])"));
    CHECK(j.at("runs").empty());
    CHECK(j.at("waits").empty());
}

TEST_CASE("an open run's rates are those of its last progress, not of its whole life",
          "[registrar]") {
    bench s;
    s.submit(0, bench::job("mnist"));
    s.submit(0, bench::job("next"));
    s.beat(3);
    s.progress(1, 1'000);
    s.now_ms += 1'000'000;
    auto era = bench::from_run(1);
    era.root().initRunEvent().initEra().setEra(6);
    s.give(era);
    s.progress(1, 400);  // it went back to a checkpoint
    CHECK(s.status().at("runs").at(0).at("items_per_s") == 0);
    s.now_ms += 2'000;
    s.progress(1, 480);
    const auto j = s.status();
    const auto& r = j.at("runs").at(0);
    CHECK(r.at("run") == 1);
    CHECK(r.at("name") == "mnist");
    CHECK(r.at("state") == "active");
    CHECK(r.at("era") == 6);
    CHECK(r.at("count") == 240);
    CHECK(r.at("items") == 1'000);
    CHECK(r.at("applied") == 480);
    CHECK(r.at("items_per_s") == 40);
    CHECK(r.at("checkpoint_age_s").is_null());
    REQUIRE(r.at("workers").size() == 1);
    CHECK(r.at("workers").at(0).at("node") == "worker-1");
    CHECK(r.at("workers").at(0).at("clock") == 120);
    CHECK(r.at("workers").at(0).at("items_per_s") == 10);
    CHECK(j.at("runs").at(1).at("state") == "waiting");
    for (const auto& [field, value] : r.items()) CHECK(j.at("runs").at(1).contains(field));
}

TEST_CASE("the last ten skips are told", "[registrar]") {
    bench s;
    s.submit(0, bench::job("mnist"));
    s.beat(3);
    auto b = bench::from_run(1);
    auto skips = b.root().initRunEvent().initProgress().initHistory().initSkips(13);
    for (unsigned i = 0; i < skips.size(); ++i) {
        skips[i].setItem(100 + i);
        skips[i].setCause(std::to_string(i));
    }
    s.give(b);
    const auto told = s.status().at("runs").at(0).at("skips");
    REQUIRE(told.size() == 10);
    CHECK(told.at(0).at("item") == 103);
    CHECK(told.at(9).at("item") == 112);
    CHECK(told.at(9).at("cause") == "12");
}

TEST_CASE("staleness, loss and the age of the last checkpoint are told", "[registrar]") {
    bench s;
    s.submit(0, bench::job("mnist"));
    s.beat(3);
    auto b = bench::from_run(1);
    auto p = b.root().initRunEvent().initProgress();
    p.setSkipped(2);
    p.setLoss(0.25);
    auto staleness = p.initHistory().initStaleness(5);
    staleness.set(0, 10);
    staleness.set(3, 1);
    s.give(b);
    auto published = bench::from_run(1);
    published.root().initRunEvent().initPublished();
    s.give(published);
    s.now_ms += 3'500;
    const auto r = s.status().at("runs").at(0);
    CHECK(r.at("skipped") == 2);
    CHECK(r.at("staleness") == 3);
    CHECK(r.at("loss") == 0.25);
    CHECK(r.at("checkpoint_age_s") == 3.5);
}

TEST_CASE("a node that loads data, and one that has to close a run, say what they wait for",
          "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(0, bench::job("b"));
    s.beat(3);
    auto loading = s.cluster[3];
    loading.hosting = wire::Hosting::OPENING;
    s.say(3, loading);
    CHECK(s.status().at("nodes").at(3).at("waits_for") == "the data of run a");
    s.end(1, wire::Ended::How::DONE);
    s.cluster[2].obeys = false;
    s.beat(3);
    const auto j = s.status();
    CHECK(j.at("nodes").at(2).at("waits_for") == "the end of run a");
    CHECK(j.at("waits") == json{"run b waits for node shard-2, which waits for the end of run a"});
}

TEST_CASE("the list of runs has those that have not ended first", "[registrar]") {
    bench s;
    for (const auto* name : {"a", "b", "c", "d"}) s.submit(0, bench::job(name));
    s.beat(3);
    s.end(1, wire::Ended::How::FAILED, "it diverged");
    s.cancel(0, "c");
    const auto runs = s.asked(wire::Ask::What::RUNS).at("runs");
    std::vector<std::string> names;
    for (const auto& r : runs) names.push_back(r.at("name"));
    CHECK(names == std::vector<std::string>{"b", "d", "c", "a"});
    CHECK(runs.at(0).at("state") == "waiting");
    CHECK(runs.at(2).at("state") == "cancelled");
    CHECK(runs.at(3).at("state") == "failed");
    CHECK(runs.at(3).at("sentence") == "it diverged");
    CHECK(runs.at(3).at("submitted_s") == 1'700'000'000);
}
