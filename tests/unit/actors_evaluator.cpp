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
              ++evaluations;
              if (throws) throws();
              return std::vector<std::pair<std::string, double>>{{"loss", *p.tensors[0].row(3)}};
          }) {}

    void give(frame_builder& b) {
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), 0, out);
    }
    /// Both parts of a cut at the epoch's end.
    void cut(std::uint64_t number) { cut({number, 5 * number, {false, true, false}}, 3); }
    void cut(const cut_record& c, std::uint64_t era) {
        frame_builder account({role::SEQUENCER, 0}, {role::EVALUATOR, 0}, 1, era);
        auto a = account.root().initAccount();
        write(a.initCut(), c);
        ledger_state l;
        l.watermark = 10 * c.cut;
        write(a.initLedger(), l);
        give(account);
        frame_builder snapshot({role::SHARD, 0}, {role::EVALUATOR, 0}, 1, era);
        auto s = snapshot.root().initSnapshot();
        write(s.initCut(), c);
        const auto floats = std::make_shared<std::vector<float>>(map->slice_floats(0), 0.5f);
        attach_floats(
            snapshot, [&](unsigned n) { return s.initDense(n); }, floats->data(), floats->size(),
            floats);
        give(snapshot);
    }

    std::function<void()> throws;
    int evaluations = 0;
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

TEST_CASE("a last cut that is placed again is answered with what was measured", "[evaluator]") {
    bench b;
    constexpr cut_purpose last{true, true, true};
    const auto evaluated = [&] {
        std::size_t n = 0;
        for (const auto& o : b.out) n += frame_reader(o.frame).root().isEvaluated() ? 1 : 0;
        return n;
    };
    b.cut({1, 50, last}, 3);
    b.cut({2, 50, last}, 3);
    CHECK(b.evaluations == 1);
    CHECK(evaluated() == 2);
    b.cut({3, 50, {true, true, false}}, 3);  // not a last one
    CHECK(b.evaluations == 2);
    b.cut({4, 51, last}, 3);  // of another model
    CHECK(b.evaluations == 3);
    b.cut({1, 51, last}, 4);  // and of another era
    CHECK(b.evaluations == 4);
    CHECK(evaluated() == 5);
}

TEST_CASE("a last cut whose evaluation failed is evaluated again", "[evaluator]") {
    bench b;
    b.throws = [] { throw std::runtime_error("no memory"); };
    b.cut({1, 50, {true, true, true}}, 3);
    b.throws = nullptr;
    b.cut({2, 50, {true, true, true}}, 3);
    CHECK(b.evaluations == 2);
    REQUIRE(b.out.size() == 2);
    CHECK(frame_reader(b.out[1].frame).root().isEvaluated());
}
