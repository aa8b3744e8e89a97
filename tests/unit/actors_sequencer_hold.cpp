// An order that is to stand, with all of it in a checkpoint, until it is told to go on.
#include "tests/catch.hpp"
#include "tests/unit/sequencer_service_bench.hpp"

using namespace slackline;
using bench = sequencer_service_bench;
using Control = wire::Control;
using places = std::vector<std::pair<std::uint64_t, std::size_t>>;

namespace {

struct standing {
    bool held = false;
    std::uint64_t behind = 0;
    std::uint64_t count = 0;
    bool operator==(const standing&) const = default;
};

standing told(bench& s, std::int64_t at_ms) {
    s.tick(at_ms);
    return s.progress([](wire::Progress::Reader p) {
        return standing{p.getHeld(), p.getHeldBehind(), p.getCount()};
    });
}

}  // namespace

TEST_CASE("an order that is held ends with a checkpoint's cut", "[sequencer-service][hold]") {
    bench s;
    s.control(Control::CHECKPOINT);  // cut 0
    s.join(0, 5);
    s.commit(0, 5, 1, {s.granted_item, 1});
    CHECK(told(s, 2) == standing{false, 0, 1});
    s.control(Control::HOLD);
    CHECK(s.sent(wire::Message::ACCOUNT) == 1);
    CHECK(s.records(0) == places{{2, 1}});
    CHECK(told(s, 3) == standing{true, 1, 1});

    SECTION("nothing that workers say changes it") {
        s.commit(0, 5, 1, {s.granted_item, 2});
        CHECK(s.out.empty());
        s.fail_granted(0, 5);
        CHECK(s.out.empty());
        s.leave(0, 5);
        CHECK(s.out.empty());
        s.peer_changed(bench::worker(0), false);
        CHECK(s.out.empty());
        s.join(1, 6);
        CHECK(s.out.empty());
        s.control(Control::STOP_EARLY);
        CHECK(s.out.empty());
    }
    SECTION("no silence and no lease's end does") {
        for (const std::uint32_t shard : {0, 1}) s.held(shard, 3);
        for (std::int64_t at_ms = 50; at_ms < 3'000'000; at_ms += 90'000) {
            s.tick(at_ms);
            CHECK(s.records(0).empty());
        }
    }
    SECTION("told once more it has its one cut") {
        s.control(Control::HOLD);
        CHECK(s.out.empty());
    }
    SECTION("a cut that failed is placed again") {
        s.control(Control::CHECKPOINT);
        CHECK(s.sent(wire::Message::ACCOUNT) == 1);
        CHECK(told(s, 4) == standing{true, 1, 1});
    }
    SECTION("told to go on it does") {
        s.control(Control::GO_ON);
        CHECK(told(s, 4).held == false);
        s.commit(0, 5, 1, {s.granted_item, 2});
        CHECK(s.sent(wire::Message::OUTCOME) == 1);
        CHECK(told(s, 5) == standing{false, 1, 2});
    }
    SECTION("another era is not held") {
        s.start(bench::era + 1);
        auto b = bench::message(bench::worker(0), bench::era + 1);
        b.root().initJoin().setIncarnation(5);
        s.give(b);
        CHECK(s.sent(wire::Message::GRANT) == 1);
    }
}

TEST_CASE("an update that is open is closed before the order is held",
          "[sequencer-service][hold]") {
    auto settings = bench::settings(4'096);
    settings.rules.consistency.aggregate = 2;
    bench s(settings);
    s.join(0, 5);
    const auto first = s.granted_item;
    s.join(1, 6);
    const auto second = s.granted_item;
    s.commit(0, 5, 1, {first, 1});
    s.control(Control::HOLD);
    CHECK(s.sent(wire::Message::ACCOUNT) == 0);
    CHECK(told(s, 2) == standing{false, 0, 0});
    s.commit(1, 6, 1, {second, 1});
    CHECK(s.sent(wire::Message::ACCOUNT) == 1);
    CHECK(told(s, 3) == standing{true, 0, 1});
}
