// A coordinator whose shards and sequencer have two copies each.
#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;

namespace {

coordinator_settings with_copies() {
    coordinator_settings s;
    s.copies = s.places = 2;
    s.dead_ms = 500;
    return coordinator_bench::with_defaults(s);
}

struct bench : coordinator_bench {
    bench() : coordinator_bench(with_copies()) { tick(1'000); }

    struct word {
        std::uint64_t life = 0;
        std::uint64_t term = 1;
        bool leads = false;
        std::uint64_t next = 0;
        std::vector<copy_life> level = {};
    };
    void stands(address who, const word& w) {
        give(who, [&](auto m) {
            auto s = m.initStanding();
            s.setIncarnation(w.life);
            s.setTerm(w.term);
            s.setLeads(w.leads);
            s.setNext(w.next);
            write_copies([&](unsigned n) { return s.initLevel(n); }, w.level);
        });
    }
    void restored_by(address who, std::uint64_t life) {
        give(who, [&](auto m) { m.initRestored().setIncarnation(life); });
    }
    /// What is sent to somebody of a kind.
    std::size_t sent(wire::Message::Which kind, address to) const {
        return static_cast<std::size_t>(std::count_if(out.begin(), out.end(), [&](const auto& o) {
            return o.frame.envelope().kind == kind && o.to == to;
        }));
    }
    /// Both shards and the sequencer serve, the second copies are level.
    void serve() {
        for (std::uint32_t s = 0; s < 2; ++s) {
            ready({role::SHARD, s, 1}, 20 + s);
            restored_by({role::SHARD, s}, 10 + s);
        }
        ready({role::SEQUENCER, 0}, 12);
        ready({role::SEQUENCER, 0, 1}, 22);
        started(12);
        for (std::uint32_t s = 0; s < 2; ++s)
            stands({role::SHARD, s}, {10 + s, 1, true, 0, {{1, 20 + s}}});
        stands({role::SEQUENCER, 0}, {12, 1, true, 0, {{1, 22}}});
    }
};

}  // namespace

TEST_CASE("workers begin when the copies are filled", "[coordinator][copies]") {
    bench s;
    s.serve();
    CHECK(s.sent(wire::Message::START, bench::worker(0)) == 1);
    CHECK(s.store.noted.back() == "2:0=10,1=20 2:0=11,1=21 2:0=12,1=22");
}

TEST_CASE("a worker that did not hear the era begin is told again", "[coordinator][copies]") {
    bench s;
    s.serve();
    for (std::int64_t at_ms = 1'200; at_ms < 3'000; at_ms += 200) {  // the copies speak meanwhile
        for (std::uint32_t k = 0; k < 2; ++k) {
            s.stands({role::SHARD, k}, {10 + k, 2, true});
            s.stands({role::SHARD, k, 1}, {20 + k, 2});
        }
        s.stands({role::SEQUENCER, 0}, {12, 2, true});
        s.stands({role::SEQUENCER, 0, 1}, {22, 2});
        s.tick(at_ms);
        if (s.sent(wire::Message::START, bench::worker(0)) > 0) break;
    }
    CHECK(s.sent(wire::Message::START, bench::worker(0)) == 1);
}

TEST_CASE("a lost primary's copy refuses it first, and leads when that is journaled",
          "[coordinator][copies]") {
    bench s;
    s.serve();
    const address first{role::SHARD, 0}, second{role::SHARD, 0, 1};
    s.stands(second, {20, 2});
    s.ready(first, 30);  // a new life of it
    CHECK(s.sent(wire::Message::FOLLOW, second) == 1);
    s.store.journal_fails = "the disk is full";
    s.stands(second, {20, 3, false, 7});
    CHECK(s.sent(wire::Message::LEAD, second) == 0);  // nobody leads by what is not journaled
    s.tick(1'200);
    CHECK(s.sent(wire::Message::LEAD, second) == 0);
    s.store.journal_fails.clear();
    s.tick(1'300);
    CHECK(s.sent(wire::Message::LEAD, second) >= 1);
    CHECK(s.store.noted.back() == "3:1=20 2:0=11,1=21 2:0=12,1=22");
    s.stands(second, {20, 3, true, 7});
    CHECK(s.sent(wire::Message::PRIMARIES, bench::worker(0)) == 1);
    CHECK(s.store.era == 1);
}

TEST_CASE("a life that was declared dead is told so", "[coordinator][copies]") {
    bench s;
    s.serve();
    const address second{role::SHARD, 0, 1};
    s.stands(second, {20, 2});
    for (std::int64_t ms = 1'100; ms <= 1'900; ms += 100) {
        s.tick(ms);
        for (std::uint32_t i = 0; i < 2; ++i) s.stands({role::SHARD, i}, {10 + i, 3, true});
        s.stands({role::SHARD, 1, 1}, {21, 2});
        s.stands({role::SEQUENCER, 0}, {12, 2, true});
        s.stands({role::SEQUENCER, 0, 1}, {22, 2});
    }
    CHECK(s.store.noted.back().starts_with("3:0=10 "));
    s.stands(second, {20, 2});
    CHECK(s.sent(wire::Message::FENCED, second) == 1);
    s.ready(second, 40);
    CHECK(s.sent(wire::Message::LEAD, {role::SHARD, 0}) == 1);  // to fill it
}

TEST_CASE("where every copy is lost a new era begins", "[coordinator][copies]") {
    bench s;
    s.serve();
    s.stands({role::SHARD, 0, 1}, {20, 2});
    s.ready({role::SHARD, 0}, 30);
    CHECK(s.store.era == 1);
    s.ready({role::SHARD, 0, 1}, 40);
    CHECK(s.store.era == 2);
}

namespace {

struct held_bench : bench {
    void hold() {
        give({role::COORDINATOR, 0}, [](auto m) { m.initControl().setHold(); }, 0);
    }
    void stands_at(address who, std::uint64_t count, std::uint64_t behind) {
        give(who, [&](auto m) {
            auto p = m.initProgress();
            p.setCount(count);
            p.setHeld(true);
            p.setHeldBehind(behind);
        });
    }
    void published_cut(std::uint64_t cut) {
        give({role::CHECKPOINTER, 0}, [&](auto m) {
            auto c = m.initPublished().initCut();
            c.setCut(cut);
            c.setCount(40);
        });
    }
    /// All speak until then: a coordinator that was late itself judges nobody.
    void alive_until(std::int64_t at_ms) {
        for (auto t = now_ms + 200; t <= at_ms; t += 200) {
            for (std::uint32_t k = 0; k < 2; ++k) {
                stands({role::SHARD, k}, {10 + k, 2, true});
                stands({role::SHARD, k, 1}, {20 + k, 2});
            }
            stands({role::SEQUENCER, 0}, {12, 2, true});
            stands({role::SEQUENCER, 0, 1}, {22, 2});
            tick(t);
        }
    }
    void connection_is_lost(address who) {
        give(who, [](auto m) { m.initPeerChanged(); }, 0, 0);
    }
};

}  // namespace

TEST_CASE("an order that another sequencer goes on with is not held",
          "[coordinator][copies][hold]") {
    held_bench s;
    s.serve();
    s.alive_until(2'000);
    s.hold();
    s.stands_at({role::SEQUENCER, 0}, 40, 3);
    s.connection_is_lost({role::SEQUENCER, 0});  // the second copy is to lead
    CHECK(s.sent(wire::Message::FOLLOW, {role::SEQUENCER, 0, 1}) == 1);
    s.published_cut(3);
    s.tick(2'100);
    CHECK(s.noted("held at 40") == 0);
    s.stands({role::SEQUENCER, 0, 1}, {22, 3});
    s.published_cut(3);
    s.stands({role::SEQUENCER, 0, 1}, {22, 3, true});
    s.tick(2'200);
    CHECK(s.noted("held at 40") == 0);
    CHECK(s.sent(wire::Message::CONTROL, {role::SEQUENCER, 0, 1}) == 1);
    s.stands_at({role::SEQUENCER, 0, 1}, 44, 4);
    s.tick(2'300);
    CHECK(s.noted("held at 44") == 0);
    s.published_cut(4);
    s.tick(2'400);
    CHECK(s.noted("held at 44") == 1);
}

TEST_CASE("while an order is held nobody takes over", "[coordinator][copies][hold]") {
    held_bench s;
    s.serve();
    s.hold();
    s.stands_at({role::SEQUENCER, 0}, 40, 3);
    s.published_cut(3);
    s.tick(1'100);
    REQUIRE(s.noted("held at 40") == 1);
    s.connection_is_lost({role::SEQUENCER, 0});
    CHECK(s.out.empty());
    s.tick(9'000);
    CHECK(s.out.empty());
}
