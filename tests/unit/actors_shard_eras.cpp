// What of one era, one worker or one run a shard keeps from the others; and what it refuses to
// follow.
#include "tests/catch.hpp"
#include "tests/unit/shard_bench.hpp"

using namespace slackline;
using bench = shard_bench;

namespace {
constexpr auto era = bench::era;
}

TEST_CASE("slices that landed in an older era take no room in a newer one", "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.begin(era + 1, {});
    for (item_id i = 0; i < 3; ++i) {
        s.push({.item = i, .incarnation = 6, .of_era = era + 1});
        CHECK(s.landed());
    }
    s.push({.item = 3, .incarnation = 6, .of_era = era + 1});
    CHECK(s.refused() == wire::Refusal::FULL);
}

TEST_CASE("what an older era closed, fenced and placed is open again in a newer one", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.order(0, bench::applied(1, 0), skip_record{1, "poison"}, fence{{0, 5}, {}});
    s.begin(era + 1, {});
    for (const item_id i : {0, 1}) {
        s.push({.item = i, .of_era = era + 1});
        CHECK(s.landed());
    }
    s.order(0, bench::applied(1, 0), bench::applied(2, 1));
    s.pull(2);
    CHECK(s.pulled_count() == 2);
}

TEST_CASE("what waited in an older era is forgotten in a newer one", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.push({.item = 1});
    s.pull(0);
    outbox pulled_0 = s.out;  // holds a version buffer: the second apply waits for one
    s.order(0, bench::applied(1, 0), bench::applied(2, 1));
    s.pull(2);  // waits for the second apply
    ledger_state from;
    from.count = 5;
    s.begin(era + 1, from);
    pulled_0.clear();
    s.out.clear();
    CHECK_NOTHROW(s.core.tick(0, s.out));
    CHECK(s.out.empty());
    s.pull(5);
    CHECK(s.pulled_count() == 5);
}

TEST_CASE("pulls that wait are bounded", "[shard]") {
    bench s;
    for (int i = 0; i < 3; ++i) {
        s.pull(1);
        CHECK(s.out.empty());
    }
    s.pull(1);
    CHECK(s.refused() == wire::Refusal::FULL);
}

TEST_CASE("pulls and records of another era, and all of another run, are not taken", "[shard]") {
    bench s;
    s.push({.item = 0});
    for (const std::uint64_t other : {era - 1, era + 1}) {
        s.newest = other;
        s.pull(0);
        CHECK(s.refused() == (other < era ? wire::Refusal::ERA : wire::Refusal::NOT_READY));
        s.order(0, bench::applied(1, 0));
        CHECK(s.out.empty());
    }
    frame_builder other_run({role::WORKER, 0}, {role::SHARD, 0}, bench::run + 1, era);
    other_run.root().initPull().initTables(1);
    s.give(other_run);
    CHECK(s.out.empty());
}

TEST_CASE("a withdrawal and a fence of one worker leave the others' slices", "[shard]") {
    bench s;
    const auto push_of_other = [&](item_id item) {
        frame_builder b({role::WORKER, 1}, {role::SHARD, 0}, bench::run, era);
        auto p = b.root().initPush();
        p.setItem(item);
        p.setAttempt(1);
        p.setIncarnation(9);
        auto gradient = std::make_shared<std::vector<float>>(16, 2.0f);
        attach_floats(
            b, [&](unsigned n) { return p.initDense(n); }, gradient->data(), 16, gradient);
        p.initTables(1);
        s.give(b);
        CHECK(s.landed());
    };
    push_of_other(7);
    s.push({.item = 1, .attempt = 2, .withdrawn = {1}});  // its own attempt 1
    s.order(0, fence{{0, 5}, {}}, fence{{0, 3}, {}},
            apply_record{1, {{7, 0, {1, 9}, 1, 1}}, 1, {0.5f, 1, 1}});
    s.pull(1);
    CHECK(s.pulled_value() == -1.0f);
    s.push({.item = 2});
    CHECK(s.refused() == wire::Refusal::FENCED);  // an older fence that comes later takes none back
}

TEST_CASE("an order that names another base, or a cut at another count, is not followed",
          "[shard]") {
    bench s;
    s.push({.item = 0});
    SECTION("another base") {
        s.order(0, skip_record{9, ""});
        s.push({.item = 1});
        s.order(1, bench::applied(1, 0));
        s.order(2, bench::applied(2, 1, 1));
        REQUIRE(s.lost());
        s.order(3, skip_record{10, ""});
        s.pull(2);
        CHECK(s.out.empty());  // nothing is applied any more
        s.core.tick(0, s.out);
        CHECK(s.lost());  // until a new era begins
        s.begin(era + 1, {});
        s.out.clear();
        s.core.tick(0, s.out);
        CHECK_FALSE(s.lost());
    }
    SECTION("a cut ahead") {
        CHECK_THROWS(s.order(0, cut_record{0, 1, {true, false, false}}));
    }
    SECTION("a cut behind") {
        s.order(0, bench::applied(1, 0));
        CHECK_THROWS(s.order(1, cut_record{0, 0, {true, false, false}}));
    }
}

TEST_CASE("a restore is answered with the life that has it", "[shard]") {
    bench s;
    s.begin(era + 1, {});
    const auto life =
        s.answer(wire::Message::RESTORED, [](auto m) { return m.getRestored().getIncarnation(); });
    CHECK(life == 1u);
}

TEST_CASE("a shard says that it was restored until its own life is started", "[shard]") {
    bench s;
    s.restore(era + 1, {});
    const auto says_on = [&] {
        s.out.clear();
        s.core.tick(0, s.out);
        return s.answer(wire::Message::RESTORED, [](auto m) {
            return std::pair(m.getRestored().getIncarnation(), m.getEra());
        });
    };
    const std::pair<std::uint64_t, std::uint64_t> restored{1, era + 1};
    CHECK(says_on() == restored);
    CHECK(s.holds(role::COORDINATOR, era + 1) == std::pair<std::uint64_t, std::uint64_t>{1, 0});
    s.start(era + 1, 2);  // another life is meant
    CHECK(says_on() == restored);
    s.start(era, 1);  // another era is
    CHECK(says_on() == restored);
    s.start(era + 1, 1);
    CHECK(!says_on());
    CHECK(s.holds(role::COORDINATOR, era) == std::pair<std::uint64_t, std::uint64_t>{1, era + 1});
}

TEST_CASE("a shard says which life it is and which era it holds, whatever the asker's", "[shard]") {
    bench s;
    using said = std::pair<std::uint64_t, std::uint64_t>;
    for (const role who : {role::COORDINATOR, role::WORKER})
        for (const std::uint64_t asked : {std::uint64_t(0), era - 1, era, era + 1})
            CHECK(s.holds(who, asked) == said{1, era});
    s.begin(era + 4, {});
    CHECK(s.holds(role::COORDINATOR, era) == said{1, era + 4});
    frame_builder other_run({role::COORDINATOR, 0}, {role::SHARD, 0}, bench::run + 1, era);
    other_run.root().initInquire();
    s.give(other_run);
    CHECK(s.out.empty());
}

TEST_CASE("a shard that was not restored holds no era", "[shard]") {
    shard fresh(bench::settings(), std::make_shared<shard_map>(bench::layout(), 1));
    auto b = bench::message(role::COORDINATOR, era);
    b.root().initInquire();
    const frame f = b.finish();
    outbox out;
    fresh.handle(f, frame_reader(f).root(), 1, out);
    REQUIRE(out.size() == 1);
    frame_reader reader(out[0].frame);
    REQUIRE(reader.root().isHolds());
    CHECK(reader.root().getEra() == 0);
    CHECK(reader.root().getHolds().getIncarnation() == 1);
}

TEST_CASE("a push that comes after the order closed its item takes no room", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.order(0, bench::applied(1, 0), skip_record{1, "poison"});
    for (const std::uint64_t attempt : {2, 3})
        for (const item_id closed : {0, 1}) {
            s.push({.item = closed, .attempt = attempt});
            CHECK(s.landed());
        }
    for (const item_id open : {2, 3, 4}) {
        s.push({.item = open});
        CHECK(s.landed());
    }
}

TEST_CASE("a restore into an older era changes nothing, and is told what is held", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.begin(era - 1, {});
    CHECK(s.out.size() == 1);
    const auto held = s.answer(wire::Message::HOLDS, [](auto m) {
        return std::pair<std::uint64_t, std::uint64_t>(m.getHolds().getIncarnation(), m.getEra());
    });
    CHECK(held == std::pair<std::uint64_t, std::uint64_t>{1, era});
    s.order(0, bench::applied(1, 0));
    s.pull(1);
    CHECK(s.pulled_count() == 1);
}
