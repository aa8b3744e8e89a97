// An evaluator whose model throws tells the coordinator so, and evaluates the next cut.
#include "actors/evaluator.hpp"
#include "actors/shard_frames.hpp"
#include "actors/wire_order.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct bench {
    bench()
        : map(std::make_shared<shard_map>(model_layout{{{"w", {4}, {init_kind::zero, 0}}}, {}}, 1)),
          core({1, 1'000}, map, 7, 10, [this](const parameters& p, const row_source&) {
              if (throws) throws();
              return std::vector<std::pair<std::string, double>>{{"loss", *p.tensors[0].row(3)}};
          }) {}

    void give(frame_builder& b) {
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), 0, out);
    }
    /// Both parts of a cut at the epoch's end.
    void cut(std::uint64_t number) {
        const cut_record c{number, 5 * number, {false, true, false}};
        frame_builder account({role::SEQUENCER, 0}, {role::EVALUATOR, 0}, 1, 3);
        auto a = account.root().initAccount();
        write(a.initCut(), c);
        ledger_state l;
        l.watermark = 10 * number;
        write(a.initLedger(), l);
        give(account);
        frame_builder snapshot({role::SHARD, 0}, {role::EVALUATOR, 0}, 1, 3);
        auto s = snapshot.root().initSnapshot();
        write(s.initCut(), c);
        const auto floats = std::make_shared<std::vector<float>>(map->slice_floats(0), 0.5f);
        attach_floats(
            snapshot, [&](unsigned n) { return s.initDense(n); }, floats->data(), floats->size(),
            floats);
        give(snapshot);
    }

    std::function<void()> throws;
    std::shared_ptr<const shard_map> map;
    outbox out;
    evaluator core;
};

}  // namespace

TEST_CASE("an evaluation that throws is told, and the next cut is evaluated", "[evaluator]") {
    bench b;
    b.throws = [] { throw std::runtime_error("no memory"); };
    SECTION("an exception") {
        b.cut(1);
        REQUIRE(b.out.size() == 1);
        frame_reader reader(b.out[0].frame);
        const auto m = reader.root();
        REQUIRE(m.isCutFailed());
        CHECK(m.getEra() == 3);
        CHECK(read(m.getCutFailed().getCut()).cut == 1);
        CHECK(m.getCutFailed().getSentence() ==
              "the evaluation at update 5 failed: the model threw: no memory; correct its program");
    }
    SECTION("an exception without an end") {
        b.throws = [] { throw std::runtime_error(std::string(1'000'000, 'x')); };
        b.cut(1);
        REQUIRE(b.out.size() == 1);
        frame_reader reader(b.out[0].frame);
        CHECK(reader.root().getCutFailed().getSentence().size() < 600);
    }
    SECTION("something else") {
        b.throws = [] { throw 42; };
        b.cut(1);
        REQUIRE(b.out.size() == 1);
        frame_reader reader(b.out[0].frame);
        CHECK(reader.root().isCutFailed());
    }
    b.out.clear();
    b.throws = nullptr;
    b.cut(2);
    REQUIRE(b.out.size() == 1);
    frame_reader reader(b.out[0].frame);
    REQUIRE(reader.root().isEvaluated());
    const auto e = reader.root().getEvaluated();
    CHECK(e.getEpoch() == 2);
    CHECK(e.getMetrics()[0].getValue() == 0.5);
}
