// A run that goes on in another number of shards: no update of it is lost, and no item.
#include <signal.h>

#include <cstdio>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"

namespace {

child_end reshard(const cluster_under_test& c, int shards) {
    return run_child(c.command({"reshard", "--shards", std::to_string(shards)}), patience);
}

int shards_of(const json& status) {
    const auto run = run_of(status);
    if (run.is_null() || run.at("copies").empty()) return 0;
    return static_cast<int>(run.at("copies").size()) - 1;
}

std::uint64_t era_of(const json& status) {
    const auto run = run_of(status);
    return run.is_null() ? 0 : run.at("era").get<std::uint64_t>();
}

// The update at which each era begins, and the highest that was told of before it.
void check_no_update_is_lost(const std::string& follower_said, int eras) {
    std::uint64_t highest = 0;
    int seen = 0;
    std::istringstream lines(follower_said);
    for (std::string line; std::getline(lines, line);) {
        const auto event = json::parse(line);
        for (const auto* updates : {"count", "applied"})  // an update is one item here
            if (event.contains(updates))
                highest = std::max(highest, event.at(updates).get<std::uint64_t>());
        if (event.at("event") != "era") continue;
        const auto sentence = event.at("sentence").get<std::string>();
        INFO(sentence);
        std::uint64_t era = 0, begins = 0;
        REQUIRE(std::sscanf(sentence.c_str(), "era %lu begins at update %lu", &era, &begins) == 2);
        CHECK(begins >= highest);
        ++seen;
    }
    CHECK(seen == eras);
}

void goes_on_in_other_shards(const words& level) {
    cluster_under_test c;
    c.up();
    const int epochs = c.epochs_for(5);
    child follower(c.train(epochs, level));
    until_event(follower, "progress");
    c.until("it has two shards", [](const json& s) { return shards_of(s) == 2; });
    for (const int shards : {5, 1, 2}) {
        const auto end = reshard(c, shards);
        INFO(end.out << end.err);
        REQUIRE(end.code == 0);
        const auto status = *c.status();
        CHECK(shards_of(status) == shards);
    }
    CHECK(reshard(c, 2).code == 0);  // it has them
    const auto end = follower.wait(patience);
    check_done(end, epochs);
    check_no_update_is_lost(end.out, 4);
}

}  // namespace

TEST_CASE("a run goes on in more shards and in fewer", "[cluster][reshard]") {
    goes_on_in_other_shards({});
}

TEST_CASE("a run that is logged goes on in more shards and in fewer", "[cluster][reshard]") {
    goes_on_in_other_shards({"--set", "consistency.level=logged"});
}

TEST_CASE("a run that has copies goes on in more shards and in fewer", "[cluster][reshard]") {
    goes_on_in_other_shards({"--set", "consistency.level=replicated"});
}

// Whatever dies while it is held, closed and opened: it is in the old shards or in the new ones,
// and every item is there once.
TEST_CASE("nothing is lost where somebody dies while a run is resharded", "[cluster][reshard]") {
    cluster_under_test c;
    c.up();
    const int epochs = c.epochs_for(5);
    child follower(c.train(epochs, {"--set", "consistency.level=logged"}));
    until_event(follower, "progress");
    int shards = 2;
    for (const auto* victim : {"coord", "shard-0", "worker-0", "shard-1"}) {
        c.until("it is led", [](const json& s) { return shards_of(s) > 0; });
        const auto before = era_of(*c.status());
        shards = shards == 2 ? 3 : 2;
        const auto pid = c.pid(victim);
        child command(c.command({"reshard", "--shards", std::to_string(shards)}));
        ::kill(pid, SIGKILL);
        const auto end = command.wait(patience);
        INFO(victim << ": " << end.out << end.err);
        c.until_restarted(victim, pid);
        CHECK((end.code == 0 || end.code == 1));
        if (end.code == 0) CHECK(era_of(*c.status()) > before);
        if (end.code != 0) shards = shards == 2 ? 3 : 2;
    }
    check_done(follower.wait(patience), epochs);
}

TEST_CASE("what a run cannot be cut into is refused", "[cluster][reshard]") {
    cluster_under_test c;
    c.up();
    check_refused(reshard(c, 3), 2, {"no run is active"});
    check_refused(reshard(c, 0), 2, {"--shards"});
    check_refused(reshard(c, 1001), 2, {"--shards"});
}
