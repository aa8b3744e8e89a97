// The registrar: a run that goes on in another number of shards.
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;

namespace {

constexpr address coordinator{role::COORDINATOR, 0};

struct bench : registrar_bench {
    void reshard(std::uint32_t shards) {
        auto b = from_client(5);
        b.root().initReshard().setShards(shards);
        give(b);
    }
    std::optional<bool> there() const {
        const auto json = answer(5, wire::Message::TOLD,
                                 [](auto m) { return std::string(m.getTold().getJson().cStr()); });
        if (!json) return std::nullopt;
        return nlohmann::json::parse(*json).at("there").get<bool>();
    }
    /// What the coordinator of that run is told.
    std::optional<wire::Control::Which> control(std::uint64_t run) const {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            const auto m = reader.root();
            if (o.to == coordinator && m.isControl() && m.getRun() == run)
                return m.getControl().which();
        }
        return std::nullopt;
    }
    void held(std::uint64_t run, std::uint64_t count, const std::string& refusal = "") {
        auto b = from_run(run);
        auto h = b.root().initRunEvent().initHeld();
        h.setCount(count);
        h.setRefusal(refusal);
        give(b);
    }
    void led(std::uint64_t run, unsigned shards, bool all = true) {
        auto b = from_run(run);
        auto parts = b.root().initRunEvent().initCopies(shards + 1);
        for (unsigned i = 0; i <= shards; ++i) {
            write(parts[i].initPart(),
                  i < shards ? address{role::SHARD, i} : address{role::SEQUENCER, 0});
            parts[i].setLed(all);
            parts[i].setWanted(1);
            parts[i].initMembers(1);
        }
        give(b);
    }
    void with_a_run() {
        submit(0, job("a"));
        beat(3);
        led(1, 2);
    }
    std::string refusal(std::uint32_t shards) {
        reshard(shards);
        return declined(5);
    }
};

}  // namespace

TEST_CASE("a run is held, closed everywhere and opened again in other shards",
          "[registrar][reshard]") {
    bench s;
    s.preparer.first_era = 3;
    s.with_a_run();
    s.reshard(4);
    CHECK(s.there() == false);
    CHECK(s.control(1) == wire::Control::HOLD);
    CHECK(s.journal.entries.size() == 2);  // it was submitted, and opened
    s.progress(1, 40);
    s.preparer.checkpoints["a"] = true;
    s.preparer.first_era = 9;
    const auto prepared = s.preparer.prepared;
    s.held(1, 40);
    REQUIRE(s.journal.entries.size() == 3);
    s.reshard(4);
    CHECK(s.there() == false);
    s.beat();  // every node closes run 1
    for (const auto& n : s.cluster) CHECK(n.run == 0);
    s.beat(2);
    for (const auto& n : s.cluster) CHECK(n.run == 2);
    CHECK(s.preparer.prepared == prepared);         // no data was read for it
    CHECK(s.status()["runs"][0]["applied"] == 40);  // what it told before holds
    CHECK(s.status()["runs"][0]["copies"].empty());
    s.led(2, 4, false);
    s.reshard(4);
    CHECK(s.there() == false);
    CHECK(s.control(2) == std::nullopt);
    s.led(2, 4);
    s.reshard(4);
    CHECK(s.there() == true);
    CHECK(s.status()["runs"][0]["name"] == "a");
    CHECK(s.status()["runs"][0]["run"] == 2);
}

TEST_CASE("a resharded run begins anew in its own eras, and is not looked for in old ones",
          "[registrar][reshard]") {
    bench s;
    s.preparer.first_era = 3;
    s.with_a_run();
    s.reshard(4);
    s.held(1, 40);
    const auto spec = [&]() -> std::optional<std::tuple<std::uint64_t, bool, std::string>> {
        for (const auto& o : s.out) {
            frame_reader reader(o.frame);
            if (!reader.root().isAssign() || !reader.root().getAssign().hasSpec()) continue;
            const auto it = reader.root().getAssign().getSpec();
            const auto overrides = it.getJob().getOverrides();
            return std::tuple(it.getFirstEra(), it.getAdopt(),
                              std::string(overrides[overrides.size() - 1].cStr()));
        }
        return std::nullopt;
    };
    SECTION("by the registrar that held it") {
        s.beat(2);
        CHECK(spec() == std::tuple(3, false, "run.shards=4"));
    }
    SECTION("by another one, before it is opened") {
        s.restart();
        s.beat(8);
        CHECK(s.core->failed() == std::nullopt);
        for (const auto& n : s.cluster) CHECK(n.run == 2);
    }
    SECTION("by another one, after it was: an era may be alive") {
        s.beat(3);
        s.restart();
        s.cluster[3].run = 0;
        s.beat(8);
        for (const auto& n : s.cluster) CHECK(n.run == 2);
        s.cluster[3].run = 0;
        s.say(3, s.cluster[3]);
        s.tick();
        CHECK(spec() == std::tuple(3, true, "run.workers=2"));
        s.reshard(4);
        CHECK(s.there() == false);  // it tells nothing of its shards yet
        s.led(2, 4);
        s.reshard(4);
        CHECK(s.there() == true);
    }
}

TEST_CASE("who follows a run follows it in other shards, to its end", "[registrar][reshard]") {
    bench s;
    s.with_a_run();
    s.reshard(4);
    s.held(1, 40);
    s.beat(3);
    s.progress(2, 44);
    CHECK(s.events_to(0) == std::vector{wire::RunEvent::PROGRESS});
    s.end(2, wire::Ended::How::DONE);
    CHECK(s.ended(0) == std::pair(wire::Ended::How::DONE, std::string()));
}

TEST_CASE("what cannot be resharded stays as it is", "[registrar][reshard]") {
    bench s;
    CHECK(s.refusal(4) == "no run is active: there is nothing to cut otherwise");
    CHECK(s.usage(5));
    s.submit(0, bench::job("a"));
    s.beat(3);
    s.reshard(4);
    CHECK(s.there() == false);  // it has not begun, and may be asked again
    CHECK(s.control(1) == std::nullopt);
    s.led(1, 2);
    CHECK(s.refusal(9) == "so many shards are too many");
    CHECK(s.control(1) == std::nullopt);
    s.reshard(2);
    CHECK(s.there() == true);
    s.reshard(4);
    CHECK(s.refusal(3).find("run a is being cut into 4 shards") == 0);

    SECTION("it could not be held") {
        s.held(1, 0, "the run is about to end");
        CHECK(s.refusal(4) == "run a keeps its 2 shards: the run is about to end");
        s.reshard(4);  // another try
        CHECK(s.control(1) == wire::Control::HOLD);
    }
    SECTION("it was held after that was said") {
        s.held(1, 0, "the run is about to end");
        s.held(1, 40);
        CHECK(s.control(1) == wire::Control::GO_ON);
        CHECK(s.journal.entries.size() == 2);
    }
    SECTION("nobody knows who wanted it held") {
        s.restart();
        s.beat(8);
        s.held(1, 40);
        CHECK(s.control(1) == wire::Control::GO_ON);
    }
    SECTION("it ended first") {
        s.end(1, wire::Ended::How::DONE);
        CHECK(s.refusal(4) == "no run is active: there is nothing to cut otherwise");
        s.submit(0, bench::job("b"));
        s.beat(3);
        s.held(2, 40);
        CHECK(s.control(2) == wire::Control::GO_ON);
    }
    SECTION("the journal is full") {
        s.journal.full = true;
        s.held(1, 40);
        CHECK(s.core->failed());
    }
}
