// The registrar and its runs: the queue, what nodes are told, and what a restart finds.
#include <fmt/format.h>

#include <algorithm>

#include "actors/wire_layout.hpp"
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;
using bench = registrar_bench;
using runs = std::vector<std::int64_t>;
using flags = std::vector<bool>;

TEST_CASE("a run is opened on every node with all that a node must know", "[registrar]") {
    bench s;
    s.beat(2);
    s.preparer.first_era = 4;
    s.submit(0, bench::job("mnist", "sgd.rate=1"));
    CHECK(s.submitted_to(0) == bench::submitted{1, 0, false});
    s.tick();
    CHECK(s.assigned() == std::pair(runs{1, 1, 1, 1}, flags{true, true, true, true}));
    frame_reader reader(s.out[2].frame);
    const auto spec = reader.root().getAssign().getSpec();
    CHECK(spec.getRun() == 1);
    CHECK(read(spec.getJob()).overrides == std::vector<std::string>{"sgd.rate=1", "run.workers=2"});
    CHECK(spec.getSamples() == 60'000);
    CHECK(spec.getChecksum() == 0x1234);
    CHECK(spec.getFirstEra() == 4);
    CHECK_FALSE(spec.getAdopt());
    const auto layout = read_layout(spec);
    REQUIRE(layout);
    REQUIRE(layout->tensors.size() == 1);
    CHECK(layout->tensors[0].shape == std::vector<std::size_t>{4, 3});
}

TEST_CASE("a spec goes to nodes that do not hold the run, again until they do", "[registrar]") {
    bench s;
    s.submit(0, bench::job("mnist"));
    s.cluster[2].obeys = false;
    s.beat(20);
    CHECK(s.assigned() == std::pair(runs{0, 0, 0, 0}, flags(4, false)));  // 2 follows nothing
    s.cluster[2].obeys = true;
    s.beat();
    s.cluster[2].obeys = false;  // what comes from now on is lost on the way to it
    s.beat(3);
    CHECK(s.assigned() == std::pair(runs{1, 1, 1, 1}, flags{false, false, true, false}));
    s.cluster[3] = {};  // its process came back
    s.cluster[3].incarnation = 8;
    s.cluster[3].obeys = false;
    s.beat();
    CHECK(s.assigned() == std::pair(runs{1, 1, 1, 1}, flags{false, false, true, true}));
}

TEST_CASE("the next run is opened when every node that speaks has closed the one before",
          "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(1, bench::job("b"));
    CHECK(s.submitted_to(1) == bench::submitted{2, 1, false});
    s.cluster[3].speaks = false;
    s.beat(10);
    REQUIRE(s.cluster[1].run == 1);
    s.cluster[2].obeys = false;
    s.end(1, wire::Ended::How::DONE);
    CHECK(s.ended(0) == std::pair(wire::Ended::How::DONE, std::string()));
    CHECK_FALSE(s.ended(1));
    s.beat(5);
    CHECK(s.assigned().first == runs{0, 0, 0, -1});
    CHECK(s.cluster[1].run == 0);
    s.cluster[2].obeys = true;
    s.beat(2);
    CHECK(s.assigned().first == runs{2, 2, 2, 2});
}

TEST_CASE("a node that dies with the old run does not hold up the next one", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(0, bench::job("b"));
    s.beat(3);
    s.cluster[2].obeys = false;
    s.end(1, wire::Ended::How::DONE);
    s.cluster[2].speaks = false;
    s.beat(4);
    CHECK(s.assigned().first == runs{0, 0, 0, 0});
    s.beat(3);
    CHECK(s.assigned().first == runs{2, 2, 2, 2});
}

TEST_CASE("a state from before a node followed is no word that it closed", "[registrar]") {
    bench s;
    s.beat(2);
    s.submit(0, bench::job("a"));
    s.submit(0, bench::job("b"));
    const auto before = s.cluster[2];  // idle
    s.beat(3);
    for (auto& n : s.cluster) n.obeys = false;
    s.end(1, wire::Ended::How::DONE);
    s.tick();
    for (std::uint32_t i = 0; i < bench::nodes; ++i) s.say(i, before);
    s.tick();
    CHECK(s.assigned().first == runs{0, 0, 0, 0});
}

TEST_CASE("a node that never closes a run ends the next one, not the hope of its user",
          "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(1, bench::job("b"));
    s.beat(3);
    s.cluster[2].obeys = false;
    s.end(1, wire::Ended::How::DONE);
    s.beat(299);
    CHECK(s.core->failed() == std::nullopt);
    s.out.clear();
    for (int i = 0; i < 3 && !s.ended(1); ++i) s.beat();
    REQUIRE(s.ended(1));
    CHECK(s.ended(1)->first == wire::Ended::How::FAILED);
    CHECK(s.ended(1)->second.find("node shard-2 still holds another run") == 0);
}

TEST_CASE("a job that has become wrong when its turn comes fails, and the next one is opened",
          "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(1, bench::job("b"));
    s.preparer.refused["a"] = {failure_code::not_found, "a.toml: data.csv is gone"};
    s.beat(2);
    CHECK(s.ended(0) ==
          std::pair(wire::Ended::How::FAILED, std::string("a.toml: data.csv is gone")));
    s.beat(2);
    CHECK(s.assigned().first == runs{2, 2, 2, 2});
}

TEST_CASE("a registrar that comes back takes over its run, and nodes never let go of it",
          "[registrar]") {
    bench s;
    s.preparer.first_era = 5;
    s.submit(0, bench::job("a"));
    s.submit(0, bench::job("b"));
    s.beat(4);
    REQUIRE(s.cluster[1].run == 1);
    s.preparer.first_era = 9;  // it has begun eras since
    s.preparer.checkpoints["a"] = true;
    s.restart();
    s.cluster[3] = {};  // this one died too
    s.cluster[3].incarnation = 8;
    s.tick();
    CHECK(s.assigned().first == runs{-1, -1, -1, -1});
    for (int i = 0; i < 6 && s.cluster[3].run == 0; ++i) {
        s.beat();
        CHECK(s.cluster[0].run == 1);
        CHECK(s.cluster[1].run == 1);
        CHECK(s.cluster[2].run == 1);
    }
    REQUIRE(s.cluster[3].run == 1);
    frame_reader reader(s.out[3].frame);
    CHECK(reader.root().getAssign().getSpec().getAdopt());
    CHECK(reader.root().getAssign().getSpec().getFirstEra() == 5);
    s.end(1, wire::Ended::How::DONE);
    s.beat(3);
    CHECK(s.cluster[1].run == 2);
}

TEST_CASE("a run that was never opened is not taken over, and one that ended stays ended",
          "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(0, bench::job("b"));
    s.beat(3);
    s.end(1, wire::Ended::How::FAILED, "it diverged");
    s.restart();  // nodes hold run 1 still
    REQUIRE(s.cluster[1].run == 1);
    for (int i = 0; i < 3; ++i) {
        s.beat();
        if (s.assigned().first[1] == 2) break;
        CHECK(s.assigned().first == runs{0, 0, 0, 0});
    }
    REQUIRE(s.assigned() == std::pair(runs{2, 2, 2, 2}, flags(4, true)));
    frame_reader reader(s.out[1].frame);
    CHECK_FALSE(reader.root().getAssign().getSpec().getAdopt());
    s.attach(3, "a");
    CHECK(s.ended(3) == std::pair(wire::Ended::How::FAILED, std::string("it diverged")));
    s.submit(3, bench::job("c"));
    CHECK(s.submitted_to(3) == bench::submitted{3, 1, false});
}

TEST_CASE("events of another run than the open one are of no concern", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.beat(3);
    s.end(2, wire::Ended::How::DONE);
    CHECK(s.out.empty());
    s.end(1, wire::Ended::How::DONE);
    CHECK(s.ended(0));
    s.end(1, wire::Ended::How::FAILED, "late");
    CHECK(s.out.empty());
}

TEST_CASE("a journal that cannot be written ends the registrar with its sentence", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.journal.full = true;
    s.submit(1, bench::job("b"));
    CHECK(s.declined(1) == "/state/runs: no space left");
    CHECK_FALSE(s.core->failed());
    s.beat(2);
    CHECK(s.core->failed() == "/state/runs: no space left");
    s.tick();
    CHECK(s.out.empty());
    s.journal.full = false;
    s.restart();
    s.beat(3);
    CHECK(s.cluster[0].run == 1);
    CHECK(s.status().at("runs").size() == 1);  // b was declined
}

TEST_CASE("a damaged journal ends the registrar with a sentence that names it", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.journal.entries.push_back(R"({"entry":"ended","run":7,"how":"done","sentence":""})");
    const auto before = s.journal.entries;
    s.restart();
    REQUIRE(s.core->failed());
    CHECK(s.core->failed()->find("/state/runs: entry 1 is wrong: there is no run 7 to end") == 0);
    s.submit(0, bench::job("b"));
    CHECK(s.out.empty());
    CHECK(s.journal.entries == before);
}

TEST_CASE("of a run's nodes its followers hear sentences, and nothing else", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.beat(3);
    const auto from_node = [](std::uint64_t run) {
        return frame_builder(bench::node(3), {role::REGISTRAR, 0}, run, 0);
    };
    auto happened = from_node(1);
    happened.root().initRunEvent().setHappened("node worker-1: worker 0 was restarted");
    s.give(happened);
    CHECK(s.events_to(0) == std::vector{wire::RunEvent::HAPPENED});
    auto warned = from_node(1);
    warned.root().initRunEvent().setWarned("it is slow");
    s.give(warned);
    CHECK(s.events_to(0) == std::vector{wire::RunEvent::WARNED});
    auto of_another = from_node(2);
    of_another.root().initRunEvent().setHappened("it was restarted");
    s.give(of_another);
    CHECK(s.out.empty());
    auto progress = from_node(1);
    progress.root().initRunEvent().initProgress().setCount(9);
    s.give(progress);
    CHECK(s.out.empty());
    auto ended = from_node(1);
    ended.root().initRunEvent().initEnded().setHow(wire::Ended::How::DONE);
    s.give(ended);
    CHECK_FALSE(s.ended(0));
    CHECK(s.status().at("runs").at(0).at("count") == 0);
}

TEST_CASE("the queue has an end, which is said", "[registrar]") {
    bench s;
    for (std::size_t i = 0; i < registrar::runs_max; ++i) {
        s.submit(0, bench::job(fmt::format("r{}", i)));
        REQUIRE(s.submitted_to(0));
    }
    s.submit(1, bench::job("more"));
    CHECK(s.declined(1) ==
          "100 runs of cluster local wait or are trained already; cancel one of them, or submit "
          "again when one has ended");
    CHECK_FALSE(s.usage(1));
    s.submit(1, bench::job("r7"));  // is there
    CHECK(s.submitted_to(1));
    s.cancel(1, "r99");
    s.submit(1, bench::job("more"));
    CHECK(s.submitted_to(1));
}

TEST_CASE("the journal does not grow with the runs that have ended", "[registrar]") {
    bench s;
    std::size_t longest = 0;
    for (int i = 0; i < 1'000; ++i) {
        s.submit(0, bench::job("a", fmt::format("run.seed={}", i)));
        s.cancel(0, "a");
        longest = std::max(longest, s.journal.entries.size());
    }
    CHECK(longest <= 301 + 2 * run_book::ended_max);
    s.restart();
    CHECK_FALSE(s.core->failed());
    s.submit(0, bench::job("a"));
    CHECK(s.submitted_to(0) == bench::submitted{1'001, 0, false});
}

TEST_CASE("a journal that cannot be written anew is used as it is", "[registrar]") {
    bench s;
    s.journal.fixed = true;
    for (int i = 0; i < 200; ++i) {
        s.submit(0, bench::job("a", fmt::format("run.seed={}", i)));
        s.cancel(0, "a");
    }
    CHECK(s.journal.entries.size() == 400);
    CHECK_FALSE(s.core->failed());
    CHECK(s.logged("/state/runs: no space left"));
}
