// The sequencer's core by hand: leases, clocks, cuts, and the account that an era begins from.
#include "tests/catch.hpp"
#include "tests/unit/sequencer_by_hand.hpp"

using namespace slackline;

TEST_CASE("a lease lasts eight times as long as its worker's items, from its last progress",
          "[sequencer]") {
    sequencer s(rules(), {});
    s.join(a, 0);
    auto slow = gradient(a, 0, 1);
    slow.compute_ms = 500;
    s.committed(slow, 600);
    s.tick(4'599);
    CHECK(s.ledger().history.leases_ended == 0);
    s.tick(4'600);  // both: that of before was restarted
    CHECK(s.ledger().history.leases_ended == 2);
    auto quick = gradient(a, 1, 2);
    quick.compute_ms = 100;
    s.committed(quick, 4'700);
    CHECK(s.stats().workers[0].item_ms == 400);  // (3 * 500 + 100) / 4
}

TEST_CASE("a joiner starts at the least clock", "[sequencer]") {
    auto c = consistency_settings{};
    c.window = 1;
    sequencer s(rules(c), {});
    s.join(a, 0);
    for (std::uint64_t n = 0; n < 3; ++n) s.committed(gradient(a, n, n + 1), 1);
    s.join(b, 2);
    CHECK(s.stats().workers[1].clock == 3);
}

TEST_CASE("an early stop ends the run where nothing is open", "[sequencer]") {
    sequencer s(rules(), {});
    const auto todo = s.stop_early(1);
    const auto cuts = placed<cut_record>(todo);
    REQUIRE(cuts.size() == 1);
    CHECK(cuts[0].purpose.final);
    CHECK(s.finished());
    CHECK(s.ledger().items_total == 0);
}

TEST_CASE("an early stop leaves no closed item beyond the end", "[sequencer]") {
    ledger_state from;
    from.watermark = 2;
    from.applied_above = {4};
    from.skipped_above = {6};
    from.applied = 3;
    from.skipped = 1;
    from.items_total = 10;
    auto r = rules();
    r.consistency.window = 1;
    sequencer s(r, from);
    s.stop_early(1);
    CHECK(s.ledger().items_total == 7);
    CHECK_FALSE(s.finished());
    s.join(a, 2);
    std::uint64_t lease = 0;
    for (const item_id open : {2, 3, 5}) {
        s.stop_early(3);  // it is told again and again
        CHECK(s.ledger().items_total == 7);
        CHECK_FALSE(s.finished());
        s.committed(gradient(a, open, ++lease, s.stats().count), 4);
    }
    CHECK(s.finished());
    CHECK(s.stats().applied == 6);
    CHECK(s.stats().skipped == 1);
    s.stop_early(5);
    CHECK(s.ledger().items_total == 7);
}

TEST_CASE("the history of staleness has an end, and its last slot takes what is staler",
          "[sequencer]") {
    consistency_settings c;
    c.window = 1;
    auto r = rules(c);
    r.items_total = 10'000;
    r.items_per_epoch = 10'000;
    sequencer s(r, {});
    s.join(b, 0);  // item 0, under lease 1
    s.join(a, 0);
    for (item_id i = 1; i <= 5'000; ++i) s.committed(gradient(a, i, i + 1, s.stats().count), 1);
    REQUIRE(s.stats().count == 5'000);
    s.committed(gradient(b, 0, 1, 0), 2);
    const auto slots = s.stats().history.staleness;
    REQUIRE(slots.size() == 4'096);
    CHECK(slots.front() == 5'000);
    CHECK(slots.back() == 1);
}

TEST_CASE("an era goes on from its account", "[sequencer]") {
    ledger_state from;
    from.watermark = 6;
    from.applied = 6;
    from.count = 4;
    from.cuts = 3;
    from.items_total = 8;  // of a run that was told to stop early
    from.history.duplicates = 2;
    auto r = rules();
    r.items_per_epoch = 3;
    r.consistency.window = 1;
    sequencer s(r, from);
    CHECK(s.ledger() == from);
    const auto joined = s.join(a, 0);
    REQUIRE(all<grant>(joined).size() == 1);
    CHECK(all<grant>(joined)[0].item == 6);
    CHECK(all<grant>(joined)[0].floor == 4);
    CHECK(placed<cut_record>(joined).empty());  // its two epochs were evaluated then
    const auto cut = placed<cut_record>(s.cut({true, false, false}, 1));
    REQUIRE(cut.size() == 1);
    CHECK(cut[0].cut == 3);
    CHECK(cut[0].count == 4);
    s.committed(gradient(a, 6, 1, 4), 2);
    s.committed(gradient(a, 7, 2, 5), 3);
    CHECK(s.finished());
}

TEST_CASE("only a gradient longer than the clip is clipped, to its length", "[sequencer]") {
    auto r = rules();
    r.clip_norm = 2;
    sequencer s(r, {});
    s.join(a, 0);
    const auto clip_of = [&](item_id item, double squared_norm) {
        auto c = gradient(a, item, item + 1);
        c.squared_norm = squared_norm;
        return placed<apply_record>(s.committed(c, 1)).at(0).items.at(0).clip;
    };
    CHECK(clip_of(0, 1) == 1.0f);
    CHECK(clip_of(1, 4) == 1.0f);
    CHECK(clip_of(2, 64) == 0.25f);
}

TEST_CASE("the scalars of an update are those of its count and of the items closed before it",
          "[sequencer]") {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> asked;
    auto r = rules();
    r.scalars = [&](std::uint64_t count, std::uint64_t closed) {
        asked.emplace_back(count, closed);
        return step_scalars{0.1f, 1, 1};
    };
    sequencer s(r, {});
    s.join(a, 0);
    s.committed(gradient(a, 1, 2), 1);
    s.committed(gradient(a, 2, 3), 1);
    CHECK(asked == decltype(asked){{1, 0}, {2, 1}});
}

TEST_CASE("a commit under a former lease of its worker ends the one given since", "[sequencer]") {
    consistency_settings one;
    one.window = 1;
    sequencer s(rules(one), {});
    s.join(a, 0);
    REQUIRE(all<grant>(s.tick(1'000)).at(0).lease == 2);
    const auto todo = s.committed(gradient(a, 0, 1), 1'001);
    const auto cancels = all<cancel>(todo);
    REQUIRE(cancels.size() == 1);
    CHECK(cancels[0].item == 0);
    CHECK(cancels[0].lease == 2);
}

TEST_CASE("nothing is leased further above the lowest open item than the ledger reaches",
          "[sequencer]") {
    consistency_settings wide;
    wide.window = 10;
    auto r = rules(wide);
    r.ledger_items_max = 3;
    sequencer s(r, {});
    CHECK(all<grant>(s.join(a, 0)).size() == 3);
    CHECK(all<grant>(s.committed(gradient(a, 2, 3), 1)).empty());
    const auto grants = all<grant>(s.committed(gradient(a, 0, 1), 2));
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].item == 3);
}

TEST_CASE("epochs that close at once are evaluated once", "[sequencer]") {
    auto r = rules();
    r.items_per_epoch = 1;
    sequencer s(r, {});
    s.join(a, 0);
    CHECK(placed<cut_record>(s.committed(gradient(a, 1, 2), 1)).empty());
    CHECK(placed<cut_record>(s.committed(gradient(a, 0, 1), 1)).size() == 1);
    CHECK(placed<cut_record>(s.tick(2)).empty());
}

TEST_CASE("of a worker's commits the last 64 are answered alike", "[sequencer]") {
    auto r = rules();
    r.items_total = 100;
    sequencer s(r, {});
    s.join(a, 0);
    for (item_id i = 0; i < 65; ++i) s.committed(gradient(a, i, i + 1), 1);
    CHECK(answered(s.committed(gradient(a, 1, 2), 2), a) == answer::first);
    CHECK(answered(s.committed(gradient(a, 0, 1), 2), a) == answer::duplicate);
}

TEST_CASE("where an update takes one gradient, `repeats` narrows no window", "[sequencer]") {
    consistency_settings single;
    single.repeats = false;
    single.window = 3;
    sequencer s(rules(single), {});
    CHECK(all<grant>(s.join(a, 0)).size() == 3);
}
