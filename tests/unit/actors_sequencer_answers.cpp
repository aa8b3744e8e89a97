// The sequencer's core by hand: what it answers to what comes twice, late, or from the dead.
#include "tests/catch.hpp"
#include "tests/unit/sequencer_by_hand.hpp"

using namespace slackline;

namespace {

/// Worker a holds item 0 at floor 0; b's gradient of item 2, lease 3, waits for it: the next update
/// is promised to item 0.
sequencer with_one_waiting() {
    sequencer s(rules(bounded(1, late_policy::wait)), {});
    s.join(a, 0);
    s.join(b, 0);
    s.committed(gradient(b, 1, 2), 1);
    const auto todo = s.committed(gradient(b, 2, 3, 1), 2);
    REQUIRE(all<reply>(todo).empty());
    REQUIRE(all<placed_record>(todo).empty());
    return s;
}

}  // namespace

TEST_CASE("a commit of an item that another's waits for is a duplicate once that is ordered",
          "[sequencer]") {
    auto s = with_one_waiting();
    CHECK(s.committed(gradient(a, 2, 9, 1), 3).empty());
    CHECK(s.ledger().history.duplicates == 0);
    const auto rest = s.committed(gradient(a, 0, 1), 4);
    const auto second = s.committed(gradient(a, 2, 9, 1), 5);
    CHECK(answered(second, a) == answer::duplicate);
    CHECK(drops(second, a, 2, 9));
    CHECK(s.ledger().history.duplicates == 1);
    const auto applied = placed<apply_record>(rest);
    REQUIRE(applied.size() == 2);
    CHECK(applied[0].items[0].item == 0);
    CHECK(applied[1].items[0].item == 2);
    CHECK(applied[1].items[0].from == b);
}

TEST_CASE("a worker's other attempt at what it waits for is dropped, and not answered twice",
          "[sequencer]") {
    auto s = with_one_waiting();
    const auto again = s.committed(gradient(b, 2, 3, 1), 3);
    CHECK(all<reply>(again).empty());
    CHECK(all<drop>(again).empty());
    const auto other = s.committed(gradient(b, 2, 4, 1), 3);
    CHECK(all<reply>(other).empty());
    CHECK(drops(other, b, 2, 4));
}

TEST_CASE("a commit sent again is answered as the first time; another of the item is not",
          "[sequencer]") {
    sequencer s(rules(), {});
    s.join(a, 0);
    CHECK(answered(s.committed(gradient(a, 0, 1), 1), a) == answer::first);
    const auto again = s.committed(gradient(a, 0, 1), 2);
    CHECK(answered(again, a) == answer::first);
    CHECK(all<drop>(again).empty());
    CHECK(placed<apply_record>(again).empty());
    const auto other = s.committed(gradient(a, 0, 7), 3);
    CHECK(answered(other, a) == answer::duplicate);
    CHECK(drops(other, a, 0, 7));
}

TEST_CASE("a commit of an item in the open update is a duplicate", "[sequencer]") {
    consistency_settings two;
    two.aggregate = 2;
    sequencer s(rules(two), {});
    s.join(a, 0);
    s.join(b, 0);
    CHECK(answered(s.committed(gradient(a, 0, 1), 1), a) == answer::first);
    const auto other = s.committed(gradient(b, 0, 9), 2);
    CHECK(answered(other, b) == answer::duplicate);
    CHECK(drops(other, b, 0, 9));
}

TEST_CASE("who is not known, or older than who is, is told to join again", "[sequencer]") {
    sequencer s(rules(), {});
    CHECK(answered(s.beat(a, {}, 0), a) == answer::fenced);
    CHECK(answered(s.committed(gradient(a, 0, 1), 0), a) == answer::fenced);
    s.join(a, 0);
    const worker_key former{a.worker, a.incarnation - 1};
    for (const auto& todo :
         {s.beat(former, {}, 1), s.committed(gradient(former, 0, 1), 1), s.join(former, 1)}) {
        CHECK(answered(todo, former) == answer::fenced);
        CHECK(all<grant>(todo).empty());
        CHECK(all<fence>(todo).empty());
    }
    CHECK(all<fence>(s.died(former, 1)).empty());
    CHECK(s.beat(a, {0, 1}, 2).empty());  // it lives, and has all that it was leased
}

TEST_CASE("a newer life takes the leases of the former one, which is fenced", "[sequencer]") {
    sequencer s(rules(), {});
    s.join(a, 0);
    const worker_key next{a.worker, a.incarnation + 1};
    const auto todo = s.join(next, 1);
    const auto fences = all<fence>(todo);
    REQUIRE(fences.size() == 1);
    CHECK(fences[0].who == a);
    const auto grants = all<grant>(todo);
    REQUIRE(grants.size() == 2);
    CHECK(grants[0].item == 0);
    CHECK(grants[1].item == 1);
    CHECK(grants[0].to == next);
    CHECK(grants[0].lease == 3);
}

TEST_CASE("a commit that cannot be true fences its sender", "[sequencer]") {
    sequencer s(rules(), {});
    s.join(a, 0);
    commit wrong = gradient(a, 0, 1);
    SECTION("a base that is still to come") {
        wrong.base = 1;
    }
    SECTION("an item that the run does not have") {
        wrong.item = 10;
    }
    const auto todo = s.committed(wrong, 1);
    CHECK(answered(todo, a) == answer::fenced);
    CHECK(all<fence>(todo).size() == 1);
    CHECK(placed<apply_record>(todo).empty());
    CHECK(answered(s.beat(a, {}, 2), a) == answer::fenced);
}

TEST_CASE("a gradient that is not finite is dropped, recomputed, and in the end skipped",
          "[sequencer]") {
    sequencer s(rules(), {});
    s.join(a, 0);
    for (std::uint64_t lease = 2; lease <= 4; ++lease) {
        auto poison = gradient(a, 1, lease);
        poison.squared_norm = no_number;
        const auto todo = s.committed(poison, 1);
        CHECK(answered(todo, a) == answer::recompute);
        CHECK(drops(todo, a, 1, lease));
        CHECK(placed<skip_record>(todo).size() == (lease == 4 ? 1 : 0));
    }
    const auto late = s.committed(gradient(a, 1, 4), 2);
    CHECK(answered(late, a) == answer::skipped);
    CHECK(drops(late, a, 1, 4));
}

TEST_CASE("a failure counts under its own lease only", "[sequencer]") {
    auto once = rules();
    once.tries = 1;
    once.consistency.window = 1;
    sequencer s(once, {});
    s.join(a, 0);
    CHECK(s.failed(a, 0, 7, "it threw", 1).empty());
    CHECK(s.failed({0, 4}, 0, 1, "it threw", 1).empty());
    CHECK(placed<skip_record>(s.failed(a, 0, 1, "it threw", 1)).size() == 1);
}

TEST_CASE("a late commit takes the place of the lease that was given since", "[sequencer]") {
    sequencer s(rules(), {});
    s.join(a, 0);
    s.died(a, 1);
    s.join(b, 2);  // leases 3 and 4: items 0 and 1
    const worker_key next{a.worker, a.incarnation + 1};
    s.join(next, 3);
    const auto todo = s.committed(gradient(next, 0, 1), 4);
    CHECK(answered(todo, next) == answer::first);
    const auto cancels = all<cancel>(todo);
    REQUIRE(cancels.size() == 1);
    CHECK(cancels[0].to == b);
    CHECK(cancels[0].item == 0);
    CHECK(cancels[0].lease == 3);
    const auto grants = all<grant>(todo);  // b has its place back, and works on something new
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].to == b);
    CHECK(grants[0].item == 4);
}

TEST_CASE("a commit of an item that waits to be leased again takes it from there", "[sequencer]") {
    consistency_settings one;
    one.window = 1;
    sequencer s(rules(one), {});
    s.join(a, 0);
    s.tick(1'000);  // its lease is over: leased again
    CHECK(s.ledger().history.leases_ended == 1);
    s.tick(2'000);
    const auto todo = s.committed(gradient(a, 0, 1), 2'001);
    CHECK(placed<apply_record>(todo).size() == 1);
    const auto grants = all<grant>(todo);
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].item == 1);
}

TEST_CASE("a gradient over the bound is dropped and recomputed, or skipped", "[sequencer]") {
    for (const auto late : {late_policy::recompute, late_policy::skip}) {
        sequencer s(rules(bounded(0, late)), {});
        s.join(a, 0);
        s.join(b, 0);
        s.committed(gradient(a, 0, 1), 1);
        const auto todo = s.committed(gradient(b, 1, 2), 2);
        CHECK(drops(todo, b, 1, 2));
        const bool skip = late == late_policy::skip;
        CHECK(answered(todo, b) == (skip ? answer::skipped : answer::recompute));
        CHECK(s.ledger().history.recomputed == (skip ? 0 : 1));
        const auto grants = all<grant>(todo);
        REQUIRE(grants.size() == 1);
        CHECK(grants[0].item == (skip ? 3 : 1));
    }
}
