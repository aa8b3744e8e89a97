// Workers that beat and do not finish: what becomes of their items, and of their places.
#include "tests/catch.hpp"
#include "tests/unit/sequencer_by_hand.hpp"

using namespace slackline;

namespace {

using grants = std::vector<std::pair<item_id, worker_key>>;
using cancels = std::vector<std::pair<worker_key, std::uint64_t>>;

grants granted(const effects& of) {
    grants some;
    for (const auto& g : all<grant>(of)) some.emplace_back(g.item, g.to);
    return some;
}

/// To whom, and for which lease.
cancels cancelled(const effects& of) {
    cancels some;
    for (const auto& c : all<cancel>(of)) some.emplace_back(c.to, c.lease);
    return some;
}

/// Two workers: a has the items below `window` under leases 1 to `window`, b the next ones.
sequencer two_workers(std::uint64_t items = 10, std::uint32_t window = 1) {
    consistency_settings c;
    c.window = window;
    auto r = rules(c);
    r.items_total = items;
    sequencer s(r, {});
    s.join(a, 0);
    s.join(b, 0);
    return s;
}

/// Item 0's lease of a is over at 1'000 ms, item 1 is done by b, which has lease 3 for item 0 then.
sequencer a_hangs_on_0(std::uint64_t items = 10) {
    auto s = two_workers(items);
    s.committed(gradient(b, 1, 2), 500);  // b has item 2 now, under lease 3
    REQUIRE(all<grant>(s.tick(1'000)).empty());
    REQUIRE(granted(s.committed(gradient(b, 2, 3), 1'001)) == grants{{0, b}});
    return s;
}

}  // namespace

TEST_CASE("all is applied by the others where the first worker hangs", "[hung][sequencer]") {
    auto s = two_workers(10);
    std::map<item_id, std::uint64_t> at_b{{1, 2}};
    std::vector<item_id> at_a{0};
    std::uint64_t attempts = 0;
    const auto take = [&](const effects& todo) {
        for (const auto& c : all<cancel>(todo)) std::erase(at_a, c.item);
        for (const auto& g : all<grant>(todo)) {
            if (g.to == a) at_a.push_back(g.item);
            if (g.to == b) at_b[g.item] = g.lease;
        }
    };
    for (std::int64_t now_ms = 0; now_ms < 60'000 && !s.finished(); now_ms += 100) {
        take(s.beat(a, at_a, now_ms));
        for (const auto& [item, lease] : std::exchange(at_b, {}))
            take(s.committed({b, item, 0, 1.0, 10, ++attempts, lease}, now_ms));
        take(s.tick(now_ms));
    }
    CHECK(s.finished());
    CHECK(s.stats().applied == 10);
}

TEST_CASE("an item whose lease ended goes to another, and its worker gets nothing beside it",
          "[hung][sequencer]") {
    auto s = a_hangs_on_0();
    CHECK(granted(s.beat(a, {0}, 1'100)).empty());
    CHECK(s.stats().workers[0].open == 1);
    CHECK(granted(s.beat(a, {}, 1'200)) == grants{{3, a}});  // it has stopped
}

TEST_CASE("what a worker still works on takes one place of it", "[hung][sequencer]") {
    auto s = two_workers(20, 3);
    for (const item_id i : {3, 4, 5}) s.committed(gradient(b, i, i + 1), 900);
    REQUIRE(granted(s.tick(1'000)).empty());  // b's hands are full
    for (const item_id i : {6, 7, 8})
        CHECK(granted(s.committed(gradient(b, i, i + 1), 1'001)) == grants{{i - 6, b}});
    CHECK(granted(s.beat(a, {0}, 1'100)) == grants{{9, a}, {10, a}});
    CHECK(granted(s.beat(a, {9, 10}, 1'200)) == grants{{11, a}});
}

TEST_CASE("who works on what another has done is told to stop, until it does",
          "[hung][sequencer]") {
    auto s = a_hangs_on_0();
    CHECK(cancelled(s.beat(a, {0}, 1'100)).empty());  // it may be the first yet
    CHECK(cancelled(s.committed(gradient(b, 0, 4), 1'200)) == cancels{{a, 1}});
    CHECK(cancelled(s.beat(a, {0}, 1'300)) == cancels{{a, 1}});
    CHECK(granted(s.beat(a, {0}, 1'400)).empty());
    const auto todo = s.beat(a, {}, 1'500);
    CHECK(cancelled(todo).empty());
    CHECK(granted(todo).size() == 1);
}

TEST_CASE("who works on an item that is skipped is told to stop", "[hung][sequencer]") {
    auto s = a_hangs_on_0();
    CHECK(cancelled(s.failed(b, 0, 4, "it threw", 1'100)).empty());
    CHECK(cancelled(s.failed(b, 0, 5, "it threw", 1'100)).empty());
    CHECK(cancelled(s.failed(b, 0, 6, "it threw", 1'100)) == cancels{{a, 1}});
    CHECK(s.stats().skipped == 1);
    CHECK(cancelled(s.beat(a, {0}, 1'300)) == cancels{{a, 1}});
}

TEST_CASE("a late gradient of an ended lease is the first where it is, and frees its place",
          "[hung][sequencer]") {
    auto s = a_hangs_on_0();
    const auto todo = s.committed(gradient(a, 0, 1), 1'100);
    CHECK(answered(todo, a) == answer::first);
    CHECK(cancelled(todo) == cancels{{b, 4}});
    CHECK(granted(todo) == grants{{3, a}, {4, b}});
}

TEST_CASE("a failure under an ended lease frees the place of its worker", "[hung][sequencer]") {
    auto s = a_hangs_on_0();
    CHECK(granted(s.failed(a, 0, 2, "it threw", 1'100)).empty());  // another lease's
    CHECK(granted(s.failed(a, 0, 1, "it threw", 1'100)) == grants{{3, a}});
}

TEST_CASE("a worker that joins anew has all its places", "[hung][sequencer]") {
    auto s = a_hangs_on_0();
    const worker_key anew{a.worker, a.incarnation + 1};
    CHECK(granted(s.join(anew, 1'100)) == grants{{3, anew}});
}

TEST_CASE("an item on which all hang is tried again, by whoever is there", "[hung][sequencer]") {
    auto s = two_workers(2);
    REQUIRE(granted(s.tick(1'000)) == grants{{0, a}, {1, b}});  // none has a place for another's
    REQUIRE(granted(s.tick(3'000)) == grants{{0, a}, {1, b}});
    CHECK(granted(s.beat(a, {0}, 3'100)).empty());
    CHECK(granted(s.beat(a, {}, 3'200)) == grants{{0, a}});  // it has lost it: once more
    CHECK(granted(s.beat(b, {1}, 3'300)).empty());
    const worker_key third{2, 7};
    CHECK(granted(s.join(third, 3'400)).empty());
    CHECK(granted(s.tick(5'000)) == grants{{0, third}});
    CHECK(granted(s.committed(gradient(third, 0, 7), 5'100)) == grants{{1, third}});
    CHECK(s.ledger().history.leases_ended == 6);
}

TEST_CASE("a worker that is slow and alone is not disturbed", "[hung][sequencer]") {
    sequencer s(rules(bounded(8, late_policy::wait, 2)), {});
    s.join(a, 0);
    for (std::int64_t now_ms = 1'000; now_ms < 50'000; now_ms += 2'000) {
        const auto todo = s.tick(now_ms);
        CHECK(granted(todo) == grants{{0, a}, {1, a}});
        CHECK(cancelled(todo).empty());
        CHECK(s.beat(a, {0, 1}, now_ms + 200).empty());
    }
    CHECK(s.stats().workers[0].open == 2);
    CHECK(answered(s.committed(gradient(a, 1, 2), 50'000), a) == answer::first);
    CHECK(answered(s.committed(gradient(a, 0, 1), 50'001), a) == answer::first);
}

TEST_CASE("a failure after its lease was renewed counts", "[hung][sequencer]") {
    auto s = two_workers(2);
    s.tick(1'000);
    s.tick(3'000);  // twice
    CHECK(granted(s.failed(a, 0, 2, "another's", 3'100)).empty());
    CHECK(granted(s.failed(a, 0, 3, "under which it did not begin", 3'100)).empty());
    CHECK(s.stats().workers[0].failures == 0);
    s.failed(a, 0, 1, "it threw", 3'100);
    CHECK(s.stats().workers[0].failures == 1);
    s.failed(a, 0, 1, "said twice", 3'100);
    CHECK(s.stats().workers[0].failures == 1);
}

TEST_CASE("each lease of an item after one that ended is twice as long, and so many are enough",
          "[hung][sequencer]") {
    auto r = rules();
    r.items_total = 1;
    r.tries = 3;
    sequencer s(r, {});
    s.join(a, 0);
    std::int64_t now_ms = 0;
    for (const std::int64_t lease_ms : {1, 2, 4, 8, 16, 32, 64, 64}) {
        now_ms += lease_ms * 1'000;
        REQUIRE(s.tick(now_ms - 1).empty());
        REQUIRE(granted(s.tick(now_ms)) == grants{{0, a}});
        s.beat(a, {}, now_ms);  // it has lost it, and begins anew
    }
    const auto skips = placed<skip_record>(s.tick(now_ms + 64'000));
    REQUIRE(skips.size() == 1);
    CHECK(skips[0].cause ==
          "it outlasted 9 leases, the last on worker 0: its computation may hang");
    CHECK(s.finished());
}

TEST_CASE("progress prolongs the lease of an item by as much as a new one lasts",
          "[hung][sequencer]") {
    consistency_settings c;
    c.window = 2;
    sequencer s(rules(c), {});
    s.join(a, 0);
    s.tick(1'000);
    s.committed(gradient(a, 1, 2), 2'900);
    s.tick(4'899);
    CHECK(s.ledger().history.leases_ended == 3);  // item 2's too
    s.tick(4'900);
    CHECK(s.ledger().history.leases_ended == 4);
}

TEST_CASE("the oldest item of a worker that died is tried on others first; the death is none of it",
          "[hung][sequencer]") {
    auto s = two_workers(4, 2);  // a: items 0 and 1
    for (std::uint64_t n = 1; n < 100; ++n) {
        const auto todo = s.join({a.worker, a.incarnation + n}, 1);
        if (n == 1) CHECK(granted(todo) == grants{{1, {a.worker, a.incarnation + 1}}});
        if (n > 1) CHECK(granted(todo).empty());  // item 1 waits for b, too
    }
    CHECK(granted(s.committed(gradient(b, 2, 3), 2)) == grants{{0, b}});
    CHECK(s.stats().skipped == 0);
}

TEST_CASE("a worker that is alone and dies again and again is given its items again",
          "[hung][sequencer]") {
    sequencer s(rules(), {});
    for (std::uint64_t n = 1; n < 100; ++n) {
        const worker_key life{0, n};
        CHECK_FALSE(granted(s.join(life, 1)).empty());
        s.died(life, 2);
    }
    CHECK(s.stats().skipped == 0);
}
