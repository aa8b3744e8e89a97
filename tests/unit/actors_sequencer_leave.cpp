// A worker that leaves the sequencer, message by message; and what the sequencer says that it
// holds.
#include "tests/catch.hpp"
#include "tests/unit/sequencer_service_bench.hpp"

using namespace slackline;
using bench = sequencer_service_bench;

namespace {
constexpr auto era = bench::era;
using items = std::vector<std::uint64_t>;
using lives = std::vector<worker_key>;
}  // namespace

TEST_CASE("a sequencer says which life it is and which era it holds, whatever the asker's",
          "[sequencer-service]") {
    bench s;
    for (const std::uint64_t asked : {std::uint64_t(0), era - 1, era, era + 1}) {
        CHECK(s.holds({role::COORDINATOR, 0}, asked) ==
              std::pair<std::uint64_t, std::uint64_t>{9, era});
    }
    s.start(era + 4);
    CHECK(s.holds({role::COORDINATOR, 0}, era)->second == era + 4);
}

TEST_CASE("a sequencer that was not started holds no era", "[sequencer-service]") {
    sequencer_service core(bench::settings(10));
    auto b = bench::message({role::COORDINATOR, 0}, era);
    b.root().initInquire();
    const frame f = b.finish();
    outbox out;
    core.handle(f, frame_reader(f).root(), 1, out);
    REQUIRE(out.size() == 1);
    frame_reader reader(out[0].frame);
    REQUIRE(reader.root().isHolds());
    CHECK(reader.root().getEra() == 0);
    CHECK(reader.root().getHolds().getIncarnation() == 9);
}

TEST_CASE("the items of a worker that leaves are leased again at once", "[sequencer-service]") {
    bench s;
    s.join(0, 5);
    REQUIRE(s.granted(0, 5) == items{0});
    s.join(1, 6);
    REQUIRE(s.granted(1, 6) == items{1});
    s.leave(0, 5);
    CHECK(s.fenced() == lives{{0, 5}});
    s.join(2, 7);
    CHECK(s.granted(2, 7) == items{0});
}

TEST_CASE("a worker that has left is not missed", "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    s.leave(0, 5);
    for (const std::uint32_t shard : {0, 1}) s.held(shard, 1);
    s.tick(50);
    s.tick(150);
    CHECK(s.fenced().empty());
    CHECK(s.progress([](wire::Progress::Reader p) { return p.getWorkers().size(); }) == 0);
    s.beat(0, 5);  // late
    CHECK(s.sent(wire::Message::OUTCOME) == 1);
    CHECK(s.sent(wire::Message::GRANT) == 0);
    s.join(0, 6);  // it may come back
    CHECK(s.granted(0, 6) == items{0});
}

TEST_CASE("to leave twice, or after death, changes nothing", "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    s.leave(0, 5);
    CHECK(s.fenced() == lives{{0, 5}});
    s.leave(0, 5);
    CHECK(s.out.empty());
    s.join(1, 6);
    s.tick(50);
    s.tick(103);
    s.leave(1, 6);
    CHECK(s.fenced().empty());
    s.leave(2, 7);  // who was never here
    CHECK(s.out.empty());
}

TEST_CASE("a former life that leaves takes nothing from the newer one", "[sequencer-service]") {
    bench s;
    s.tick(1);
    s.join(0, 5);
    s.join(0, 6);
    REQUIRE(s.granted(0, 6) == items{0});
    s.leave(0, 5);
    CHECK(s.out.empty());
    for (const std::uint32_t shard : {0, 1}) s.held(shard, 1);
    s.tick(80);
    s.beat(0, 6);
    CHECK(s.sent(wire::Message::OUTCOME) == 0);
    s.tick(150);
    CHECK(s.fenced().empty());  // its sign of life counted
}

TEST_CASE("a life that was never joined takes the former one with it when it leaves",
          "[sequencer-service]") {
    bench s;
    s.join(0, 5);
    s.leave(0, 6);  // its join was lost
    CHECK(s.fenced() == lives{{0, 5}});
}

TEST_CASE("a gradient that was committed before its worker left is applied",
          "[sequencer-service]") {
    bench s;
    s.join(0, 5);
    s.commit(0, 5, 1, {s.granted_item, 1});
    CHECK(s.sent(wire::Message::OUTCOME) == 1);
    s.leave(0, 5);
    s.tick(2);
    CHECK(s.progress([](wire::Progress::Reader p) { return p.getApplied(); }) == 1);
}

TEST_CASE("who leaves another era is told of this one", "[sequencer-service]") {
    bench s;
    s.join(0, 5);
    s.leave(0, 5, era - 1);
    CHECK(s.sent(wire::Message::START) == 1);
    s.leave(0, 5, era + 1);
    CHECK(s.out.empty());
    s.beat(0, 5);
    CHECK(s.sent(wire::Message::OUTCOME) == 0);  // it lives on in this one
}

TEST_CASE("while the stream is full nobody leaves; the silence says it later",
          "[sequencer-service]") {
    bench s(1);
    s.tick(1);
    s.join(0, 5);
    s.control(wire::Control::CHECKPOINT);
    s.leave(0, 5);
    CHECK(s.fenced().empty());
    s.held(0, 1);
    s.held(1, 1);
    s.tick(80);
    CHECK(s.fenced().empty());
    s.tick(102);
    CHECK(s.fenced() == lives{{0, 5}});
}
