// The registrar and command lines: submitting, following, cancelling, asking.
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;
using bench = registrar_bench;
using event = wire::RunEvent;

TEST_CASE("a submission is journaled before it is answered, once however often it comes",
          "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    CHECK(s.submitted_to(0) == bench::submitted{1, 0, false});
    CHECK(s.journal.entries.size() == 1);
    s.submit(0, bench::job("a"));
    CHECK(s.submitted_to(0) == bench::submitted{1, 0, true});
    s.restart();
    s.submit(0, bench::job("a"));
    CHECK(s.submitted_to(0) == bench::submitted{1, 0, true});
    s.beat(3);
    s.end(1, wire::Ended::How::FAILED, "it diverged");
    s.submit(0, bench::job("a"));  // the answer was lost for long
    CHECK(s.submitted_to(0) == bench::submitted{1, 0, true});
    CHECK(s.ended(0) == std::pair(wire::Ended::How::FAILED, std::string("it diverged")));
    s.submit(1, bench::job("a"));  // somebody else means it anew
    CHECK(s.submitted_to(1) == bench::submitted{2, 0, false});
}

TEST_CASE("a name is for one job at a time", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(1, bench::job("a", "seed=2"));
    CHECK(s.declined(1).find("run a is waiting with another job") == 0);
    CHECK(s.usage(1));
    s.submit(1, bench::job("a"));
    CHECK(s.submitted_to(1) == bench::submitted{1, 0, true});
    s.beat(3);
    s.end(1, wire::Ended::How::DONE);
    CHECK(s.ended(0));
    CHECK(s.ended(1));
}

TEST_CASE("what the preparer refuses is declined, with whose fault it is", "[registrar]") {
    bench s;
    s.preparer.refused["a"] = {failure_code::usage, "a.toml:3: no such key"};
    s.preparer.refused["b"] = {failure_code::io, "b.csv cannot be read"};
    s.preparer.checkpoints["c"] = true;
    s.submit(0, bench::job("a"));
    CHECK(s.declined(0) == "a.toml:3: no such key");
    CHECK(s.usage(0));
    s.submit(0, bench::job("b"));
    CHECK(s.declined(0) == "b.csv cannot be read");
    CHECK_FALSE(s.usage(0));
    s.submit(0, bench::job("c"));
    CHECK(s.usage(0));
    CHECK(s.journal.entries.empty());
    s.submit(0, bench::job("c"), true);
    CHECK(s.submitted_to(0) == bench::submitted{1, 0, false});
}

TEST_CASE("a job that the journal could not give back is declined", "[registrar]") {
    bench s;
    auto job = bench::job("a");
    job.folder = "/jobs/\xff";
    s.submit(0, job);
    CHECK(s.declined(0).find("a.toml: ") == 0);
    CHECK(s.usage(0));
    CHECK(s.journal.entries.empty());
}

TEST_CASE("who follows a run is told its events, and late ones what they missed", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.beat(3);
    auto introduced = bench::from_run(1);
    introduced.root().initRunEvent().initIntroduced().setWorkers(2);
    s.give(introduced);
    CHECK(s.events_to(0) == std::vector{event::INTRODUCED});
    s.progress(1, 10);
    auto era = bench::from_run(1, 2);
    era.root().initRunEvent().initEra().setEra(2);
    s.give(era);
    frame_reader reader(s.out.at(0).frame);
    CHECK(read_address(reader.root().getTo()) == address{role::CLIENT, 0});
    CHECK(reader.root().getEra() == 2);
    CHECK(reader.root().getRun() == 1);
    auto happened = bench::from_run(1);
    happened.root().initRunEvent().setHappened("worker 1 came back");
    s.give(happened);
    CHECK(s.events_to(0) == std::vector{event::HAPPENED});
    s.attach(5, "a");
    CHECK(s.events_to(5) == std::vector{event::INTRODUCED, event::ERA});  // progress: of era 1
    s.progress(1, 20);
    auto published = bench::from_run(1);
    published.root().initRunEvent().initPublished().setPath("/c/2");
    s.give(published);
    s.attach(6, "");
    CHECK(s.submitted_to(6) == bench::submitted{1, 0, true});
    CHECK(s.events_to(6) ==
          std::vector{event::INTRODUCED, event::ERA, event::PROGRESS, event::PUBLISHED});
    s.progress(1, 30);
    for (const std::uint32_t k : {0, 5, 6}) CHECK(s.events_to(k) == std::vector{event::PROGRESS});
}

TEST_CASE("who comes after a run's end is told its account all the same", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.beat(3);
    s.progress(1, 30);
    s.end(1, wire::Ended::How::DONE);
    s.attach(5, "a");
    CHECK(s.events_to(5) == std::vector{event::PROGRESS, event::ENDED});
    const auto run = s.status().at("runs").at(0);
    CHECK(run.at("state") == "done");
    CHECK(run.at("applied") == 30);
    CHECK(run.at("items_per_s") == 0);
}

TEST_CASE("a command line that has gone is told nothing more", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.attach(1, "a");
    s.beat(3);
    auto bye = bench::from_client(0);
    bye.root().initGoodbye();
    s.give(bye);
    s.progress(1, 10);
    CHECK(s.events_to(0).empty());
    CHECK(s.events_to(1).size() == 1);
}

TEST_CASE("an unknown run is declined with those that there are", "[registrar]") {
    bench s;
    s.attach(0, "");
    CHECK(s.declined(0) == "no run is active; cluster local has had no run");
    s.submit(0, bench::job("a"));
    s.submit(0, bench::job("b"));
    s.cancel(0, "b");
    s.beat(3);
    s.attach(1, "c");
    CHECK(s.declined(1) == "there is no run c; there are a (active), b (cancelled)");
    s.cancel(1, "c");
    CHECK(s.declined(1) == "there is no run c; there are a (active), b (cancelled)");
}

TEST_CASE("at most 64 command lines follow runs; those of ended runs give way", "[registrar]") {
    bench s;
    for (std::uint32_t k = 0; k < 64; ++k) s.submit(k, bench::job(k == 63 ? "b" : "a"));
    s.attach(64, "a");
    CHECK(s.declined(64).find("64 command lines") == 0);
    CHECK_FALSE(s.usage(64));
    s.attach(5, "a");
    CHECK(s.submitted_to(5));
    s.cancel(63, "b");
    s.attach(64, "a");
    CHECK(s.submitted_to(64));
}

TEST_CASE("a run is cancelled whether it waits or is open", "[registrar]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.submit(1, bench::job("b"));
    s.beat(3);
    s.cancel(2, "b");
    CHECK(s.ended(1) == std::pair(wire::Ended::How::CANCELLED, std::string()));
    CHECK(s.answer(2, wire::Message::TOLD, [](auto) { return true; }));
    s.cancel(2, "a");
    CHECK(s.ended(0) == std::pair(wire::Ended::How::CANCELLED, std::string()));
    s.cancel(2, "a");  // the answer was lost
    CHECK(s.answer(2, wire::Message::TOLD, [](auto) { return true; }));
    CHECK_FALSE(s.ended(0));
    s.beat(2);
    CHECK(s.cluster[1].run == 0);
    s.submit(0, bench::job("c"));
    s.beat(2);
    s.end(3, wire::Ended::How::DONE);
    s.cancel(2, "c");
    CHECK(s.declined(2) == "run c has ended before: done");
}

TEST_CASE("a checkpoint is asked of the coordinator of the open run", "[registrar]") {
    bench s;
    s.ask(3, wire::Ask::What::CHECKPOINT);
    CHECK(s.declined(3).find("no run is active") == 0);
    s.submit(0, bench::job("a"));
    s.beat(3);
    s.ask(3, wire::Ask::What::CHECKPOINT);
    REQUIRE(s.out.size() == 2);
    frame_reader reader(s.out[0].frame);
    CHECK(s.out[0].to == address{role::COORDINATOR, 0});
    CHECK(reader.root().getRun() == 1);
    CHECK(reader.root().getControl().isCheckpoint());
    CHECK(s.answer(3, wire::Message::TOLD,
                   [](auto m) { return std::string(m.getTold().getJson().cStr()); }) == "{}");
}

TEST_CASE("a node may ask for a checkpoint as well", "[registrar]") {
    bench s;
    const auto ask = [&] {
        frame_builder b({role::NODE, 1}, {role::REGISTRAR, 0}, 0, 0);
        b.root().initAsk().setWhat(wire::Ask::What::CHECKPOINT);
        s.give(b);
    };
    ask();
    CHECK(s.out.empty());
    s.submit(0, bench::job("a"));
    s.beat(3);
    ask();
    REQUIRE(s.out.size() == 1);
    frame_reader reader(s.out[0].frame);
    CHECK(s.out[0].to == address{role::COORDINATOR, 0});
    CHECK(reader.root().getRun() == 1);
    CHECK(reader.root().getControl().isCheckpoint());
}
