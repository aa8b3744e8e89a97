// A shard that keeps a log: what it says waits for it, and a new life of it goes on from it.
#include "tests/catch.hpp"
#include "tests/unit/memory_log.hpp"
#include "tests/unit/shard_bench.hpp"

using namespace slackline;

namespace {

constexpr auto era = shard_bench::era;

shard_settings life(std::uint64_t incarnation) {
    auto s = shard_bench::settings();
    s.incarnation = incarnation;
    return s;
}

struct with_log {
    memory_log log;
};

/// A shard whose log is durable when the test says so.
class bench : public with_log, public shard_bench {
public:
    bench() : shard_bench(life(1), &log) {
        read_log();
        start(era, 1);
        become_durable();
    }

    void read_log(std::size_t most = 1'000'000) {
        const auto reads = log.reads.size();
        core.handle(log.answer(most), 0, out);
        for (auto n = reads; n < log.reads.size(); ++n) core.handle(log.answer(most), 0, out);
    }
    void become_durable() {
        out.clear();
        core.handle(logged{log.end()}, 0, out);
    }
    /// It ends, and another life of it is given a state: the era's beginning, or a checkpoint.
    void restart(const ledger_state& from, std::uint64_t named, float value = 0) {
        std::destroy_at(&core);
        std::construct_at(&core, life(++lives), map, &log);
        out.clear();
        auto b = message(role::COORDINATOR, era);
        auto r = b.root().initRestore();
        r.setInitial(from.count == 0);
        r.setCount(from.count);
        r.setIncarnation(named);
        write(r.initLedger(), from);
        auto dense = std::make_shared<std::vector<float>>(16, value);
        if (from.count > 0) {
            attach_floats(b, [&](unsigned n) { return r.initDense(n); }, dense->data(), 16, dense);
            r.initTables(1);
        }
        give(b);
    }
    std::optional<std::uint64_t> held() const {
        return answer(wire::Message::RECORDS_HELD,
                      [](auto m) { return m.getRecordsHeld().getNext(); });
    }
    bool restored() const {
        return answer(wire::Message::RESTORED, [](auto) { return true; }).has_value();
    }

    std::uint64_t lives = 1;
};

}  // namespace

TEST_CASE("a slice has landed once the log holds it", "[shard][logged]") {
    bench s;
    s.push({.item = 0});
    CHECK_FALSE(s.landed());
    CHECK(s.log.urgent.back());
    s.push({.item = 0});  // once more
    CHECK_FALSE(s.landed());
    const auto appended = s.log.end();
    s.become_durable();
    CHECK(s.out.size() == 1);
    CHECK(s.landed());
    s.push({.item = 0});
    CHECK(s.landed());
    CHECK(s.log.end() == appended);
}

TEST_CASE("records are held once the log holds them, and applied before", "[shard][logged]") {
    bench s;
    s.push({.item = 0});
    s.order(0, bench::applied(1, 0));
    CHECK_FALSE(s.held());
    CHECK_FALSE(s.log.urgent.back());
    const auto appended = s.log.end();
    s.order(0, bench::applied(1, 0));  // nothing new
    CHECK(s.log.end() == appended);
    s.pull(1);
    CHECK(s.pulled_value() == -0.5f);
    s.core.tick(0, s.out);
    CHECK(s.log.syncs == 1);
    s.become_durable();
    CHECK(s.held() == 1);
}

TEST_CASE("what is refused is not logged", "[shard][logged]") {
    bench s;
    const auto before = s.log.end();
    s.push({.floats = 15});
    s.push({.of_era = era - 1});
    s.push({.value = NAN});
    for (item_id i = 0; i < 4; ++i) s.push({.item = i});
    CHECK(s.refused() == wire::Refusal::FULL);
    CHECK(s.log.end() == before + 3);
}

TEST_CASE("a new life takes in once more what its log holds", "[shard][logged]") {
    const auto most = GENERATE(1u, 100u);
    bench s;
    s.push({.item = 0, .value = 2, .row = {1, 1}});
    s.push({.item = 1});
    s.order(0, bench::applied(1, 0), skip_record{7, "poison"});
    s.push({.item = 2, .incarnation = 6});
    s.order(2, fence{{0, 5}, {1}});
    s.restart({}, s.lives + 1);
    CHECK(s.out.empty());
    s.pull(0);
    CHECK(s.refused() == wire::Refusal::NOT_READY);
    s.push({.item = 3, .incarnation = 6});
    CHECK(s.refused() == wire::Refusal::NOT_READY);
    s.out.clear();
    s.read_log(most);
    CHECK(s.out.size() == 1);
    CHECK(s.restored());
    s.start(era, s.lives);
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    CHECK(s.pulled_value() == -1.0f);
    s.push({.item = 7});
    CHECK(s.refused() == wire::Refusal::FENCED);
    s.order(1, skip_record{7, "poison"}, fence{{0, 5}, {1}}, bench::applied(2, 1));
    s.become_durable();
    CHECK(s.held() == 4);
    s.pull(2);
    CHECK(s.pulled_value() == -1.5f);
}

TEST_CASE("a new life that is given a checkpoint takes what is behind it", "[shard][logged]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.order(0, bench::applied(1, 0), cut_record{0, 1, {true, false, false}});
    s.order(2, drop{{0, 5}, 2, 1}, bench::applied(2, 1));
    ledger_state at;
    at.count = 1;
    at.position = 2;
    at.watermark = 1;
    at.applied = 1;
    s.restart(at, s.lives + 1, -100);
    s.read_log();
    REQUIRE(s.restored());
    s.pull(2);
    CHECK(s.pulled_value() == -100.5f);  // the first apply is in the checkpoint
    CHECK_FALSE(s.answer(wire::Message::SNAPSHOT, [](auto) { return true; }));
    for (const item_id i : {3, 4, 5}) {
        s.push({.item = i});
        CHECK_FALSE(s.refused());  // nothing of the three from before is held any more
    }
}

TEST_CASE("a log that lacks what is behind the checkpoint ends the era", "[shard][logged]") {
    bench s;
    s.push({.item = 0});
    s.order(0, bench::applied(1, 0));
    SECTION("all of it") {
        s.log.frames.clear();
    }
    SECTION("its beginning") {
        s.order(1, skip_record{7, ""});
        s.log.begin = s.log.end() - 1;
    }
    s.restart({}, s.lives + 1);
    s.read_log();
    CHECK_FALSE(s.restored());
    CHECK(s.lost() ==
          "the log of shard 0 does not go on where its checkpoint ends: it was damaged");
}

TEST_CASE("a restore that comes late is followed only where the log goes back to it",
          "[shard][logged]") {
    bench s;
    s.push({.item = 0});
    s.order(0, bench::applied(1, 0));
    SECTION("it does") {
        s.restart({}, 0);
        s.read_log();
        CHECK(s.restored());
        s.pull(1);
        CHECK(s.pulled_value() == -0.5f);
    }
    SECTION("it does not") {
        s.order(1, skip_record{7, ""});
        s.log.begin = s.log.end() - 1;
        s.restart({}, 0);
        s.read_log();
        CHECK(s.out.empty());
        s.core.tick(0, s.out);
        CHECK(s.answer(wire::Message::READY, [](auto) { return true; }));
    }
    SECTION("it was meant for another life") {
        s.restart({}, s.lives);
        CHECK(s.out.empty());
        CHECK(s.log.reads.size() == 1);
    }
}

TEST_CASE("the log is kept from the oldest slice that a kept checkpoint lacks", "[shard][logged]") {
    bench s;
    s.push({.item = 0});
    s.push({.item = 1});
    s.push({.item = 2});
    s.order(0, bench::applied(1, 0));
    s.order(1, cut_record{0, 1, {true, false, false}});
    const auto kept = [&](std::uint64_t position, std::uint64_t of_era) {
        auto b = bench::message(role::COORDINATOR, of_era);
        b.root().initKept().setPosition(position);
        s.give(b);
    };
    kept(2, era - 1);
    CHECK(s.log.begin == 0);
    kept(2, era);
    CHECK(s.log.begin == 2);  // behind the mark of the era and item 0
}

TEST_CASE("a log that has grown wants a checkpoint, once", "[shard][logged]") {
    auto settings = life(1);
    settings.log_bytes_max = 1'000;
    settings.slices_max = 100;
    memory_log log;
    shard_bench s(settings, &log);
    s.core.handle(log.answer(), 0, s.out);
    const auto asks = [&](item_id item) {
        s.push({.item = item});
        return s.answer(wire::Message::CONTROL, [](auto) { return true; }).has_value();
    };
    int asked = 0;
    for (item_id i = 0; i < 20; ++i) asked += asks(i) ? 1 : 0;
    std::size_t bytes = 0;
    for (const auto& f : log.frames) bytes += f.size_bytes();
    CHECK(asked >= 1);
    CHECK(static_cast<std::size_t>(asked) <= bytes / 1'000);
}

TEST_CASE("what was dropped before the checkpoint is not held again", "[shard][logged]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});  // as many as are held for a worker
    SECTION("one by one") {
        s.order(0, drop{{0, 5}, 2, 1}, cut_record{0, 0, {true, false, false}});
    }
    SECTION("with a life") {
        s.order(0, fence{{0, 5}, {0, 1}}, cut_record{0, 0, {true, false, false}});
    }
    ledger_state at;
    at.position = 2;
    s.restart(at, s.lives + 1);
    s.read_log();
    REQUIRE(s.restored());
    s.push({.item = 3, .incarnation = 6});
    CHECK_FALSE(s.refused());
    s.push({.item = 4, .incarnation = 6});
    CHECK(s.refused() == wire::Refusal::FULL);
}
