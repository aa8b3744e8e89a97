// Items that fail: what is poison, and where an item that came to nothing is tried again.
#include "actors/poison.hpp"

#include "tests/catch.hpp"
#include "tests/unit/sequencer_by_hand.hpp"

using namespace slackline;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Two workers with one item each: a has item 0 under lease 1, b item 1 under lease 2.
sequencer two_workers(std::uint32_t tries = 3, std::uint64_t items = 10, std::uint32_t window = 1) {
    consistency_settings c;
    c.window = window;
    auto r = rules(c);
    r.tries = tries;
    r.items_total = items;
    sequencer s(r, {});
    s.join(a, 0);
    s.join(b, 0);
    return s;
}

/// The one grant; its item, and to whom.
std::optional<std::pair<item_id, worker_key>> granted(const effects& of) {
    const auto grants = all<grant>(of);
    if (grants.size() != 1) return std::nullopt;
    return std::pair(grants[0].item, grants[0].to);
}

}  // namespace

TEST_CASE("poison is what is not finite, or longer than the bound", "[poison]") {
    CHECK(poison(4, 0).empty());
    CHECK(poison(1e300, 0).empty());
    CHECK(poison(4, 2).empty());
    CHECK(poison(4.001, 2) == "its gradient's norm is 2 and run.gradient_norm_max is 2");
    CHECK(poison(9e8, 2) == "its gradient's norm is 3e+04 and run.gradient_norm_max is 2");
    for (const auto norm_max : {0.0, 2.0}) {
        CHECK(poison(infinite, norm_max) == "its gradient is not finite");
        CHECK(poison(no_number, norm_max) == "its gradient is not finite");
    }
}

TEST_CASE("an item that failed on a worker is tried on another first", "[poison][sequencer]") {
    auto s = two_workers();
    // Item 0 waits for b, whose hands are full, and a goes on.
    CHECK(granted(s.failed(a, 0, 1, "it threw", 1)) == std::pair(item_id{2}, a));
    CHECK(granted(s.committed(gradient(b, 1, 2), 2)) == std::pair(item_id{0}, b));
    // It failed on both: whoever is free takes it.
    CHECK(granted(s.failed(b, 0, 4, "it threw", 3)) == std::pair(item_id{0}, b));
    CHECK(s.stats().workers[0].failures == 1);
    CHECK(s.stats().workers[1].failures == 1);
    const auto skips = placed<skip_record>(s.failed(b, 0, 5, "it threw too", 4));
    REQUIRE(skips.size() == 1);
    CHECK(skips[0].cause == "3 failures, the last on worker 1: it threw too");
    CHECK(s.stats().workers[1].failures == 2);
}

TEST_CASE("a worker on which everything fails is soon given nothing new", "[poison][sequencer]") {
    auto s = two_workers(3, 1'000, 2);  // a: items 0 and 1 under leases 1 and 2
    std::size_t failed = 0;
    for (std::uint64_t lease = 1; lease < 100; ++lease)
        for (item_id item = 0; item < 100; ++item) {
            const auto before = s.stats().workers[0].failures;
            s.failed(a, item, lease, "it threw", 1);
            failed += s.stats().workers[0].failures - before;
        }
    CHECK(failed == 4);  // a window and one wait, and what it was leased before that
    CHECK(s.stats().workers[0].open == 0);
}

TEST_CASE("a failure is a step of its worker's clock: who fails holds nobody up",
          "[poison][sequencer]") {
    consistency_settings c;
    c.window = 1;
    c.slack = 1;
    sequencer s(rules(c), {});
    s.join(a, 0);
    s.join(b, 0);
    s.failed(a, 0, 1, "it threw", 1);
    CHECK(s.stats().workers[0].clock == 1);
    s.failed(a, 0, 1, "said twice", 1);
    CHECK(s.stats().workers[0].clock == 1);
    s.committed(gradient(b, 1, 2), 2);
    CHECK(s.stats().workers[0].open == 1);  // the slowest that works now
    CHECK(granted(s.committed(gradient(b, 0, 3), 3)).has_value());
    CHECK(s.stats().workers[1].clock == 2);
}

TEST_CASE("a worker sees what it may take behind all that waits for others",
          "[poison][sequencer]") {
    auto s = two_workers(9, 100);
    const worker_key third{2, 7};
    s.join(third, 0);
    CHECK(granted(s.failed(a, 0, 1, "it threw", 1)) == std::pair(item_id{3}, a));
    CHECK(granted(s.committed(gradient(third, 2, 3), 1)) == std::pair(item_id{0}, third));
    CHECK(granted(s.failed(third, 0, 5, "it threw", 1)) == std::pair(item_id{4}, third));
    CHECK_FALSE(granted(s.failed(a, 3, 4, "it threw", 1)));  // 0 and 3 wait for others
    CHECK(granted(s.died(third, 2)) == std::pair(item_id{4}, a));
}

TEST_CASE("an item whose next worker hangs comes back to the one on which it failed",
          "[poison][sequencer]") {
    auto s = two_workers(3, 2);
    s.failed(a, 0, 1, "it threw", 1);
    s.committed(gradient(b, 1, 2), 2);  // b has item 0 now, under lease 3, and hangs
    CHECK(granted(s.tick(10'000)) == std::pair(item_id{0}, a));
}

TEST_CASE("a worker that is alone tries its failed item itself", "[poison][sequencer]") {
    auto s = two_workers(3, 2);
    CHECK(all<grant>(s.failed(a, 0, 1, "it threw", 1)).empty());  // b has its hands full
    CHECK(granted(s.died(b, 2)) == std::pair(item_id{0}, a));
}

TEST_CASE("a joiner gets what failed on all others", "[poison][sequencer]") {
    auto s = two_workers(9, 2);
    s.failed(a, 0, 1, "it threw", 1);
    s.committed(gradient(b, 1, 2), 2);
    CHECK(granted(s.failed(b, 0, 3, "it threw", 3)) == std::pair(item_id{0}, a));
    const worker_key third{2, 7};
    s.join(third, 4);
    CHECK(granted(s.failed(a, 0, 4, "it threw", 5)) == std::pair(item_id{0}, third));
}

TEST_CASE("a gradient that is longer than the run allows is not applied", "[poison][sequencer]") {
    auto r = rules();
    r.gradient_norm_max = 3;
    r.tries = 1;
    sequencer s(r, {});
    s.join(a, 0);
    auto just = gradient(a, 0, 1);
    just.squared_norm = 9;
    CHECK(answered(s.committed(just, 1), a) == answer::first);
    auto over = gradient(a, 1, 2);
    over.squared_norm = 9.01;
    const auto todo = s.committed(over, 2);
    CHECK(answered(todo, a) == answer::recompute);
    CHECK(drops(todo, a, 1, 2));
    const auto skips = placed<skip_record>(todo);
    REQUIRE(skips.size() == 1);
    CHECK(skips[0].cause ==
          "1 failures, the last on worker 0: its gradient's norm is 3.002 and "
          "run.gradient_norm_max is 3");
}

TEST_CASE("a worker without a place for items is not waited for", "[poison][sequencer]") {
    auto c = bounded(0, late_policy::wait);
    c.aggregate = 2;
    auto r = rules(c);
    r.items_total = 1;
    sequencer s(r, {});
    s.join(a, 0);
    s.join(b, 0);
    s.join({2, 7}, 0);
    REQUIRE(s.stats().workers[2].window == 0);
    CHECK(granted(s.failed(a, 0, 1, "it threw", 1)) == std::pair(item_id{0}, b));
    CHECK(granted(s.failed(b, 0, 2, "it threw", 2)) == std::pair(item_id{0}, a));
}

TEST_CASE("a worker's failures are counted through its lives", "[poison][sequencer]") {
    auto s = two_workers();
    s.failed(a, 0, 1, "it threw", 1);
    s.join({a.worker, a.incarnation + 1}, 2);
    CHECK(s.stats().workers[0].failures == 1);
    CHECK(s.stats().workers[1].failures == 0);
}

TEST_CASE("failures of the eras before count, and are told", "[poison][sequencer]") {
    ledger_state from;
    from.tries = {{0, 4}};
    sequencer s(rules(), from);
    s.join(a, 0);
    const auto skips = placed<skip_record>(s.failed(a, 0, 1, "it threw", 1));
    REQUIRE(skips.size() == 1);
    CHECK(skips[0].cause == "5 failures, the last on worker 0: it threw");
}
