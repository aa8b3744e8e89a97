// The shard's core, message by message: what it takes, refuses, keeps and forgets.
#include "tests/catch.hpp"
#include "tests/unit/shard_bench.hpp"

using namespace slackline;
using bench = shard_bench;

namespace {
constexpr auto era = bench::era;
}

TEST_CASE("a push lands once and is applied where the order names it", "[shard]") {
    bench s;
    s.push({.item = 4, .value = 2});
    CHECK(s.landed());
    s.push({.item = 4, .value = 100});  // sent again: the first one counts
    CHECK(s.landed());
    s.order(0, bench::applied(1, 4));
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    CHECK(s.pulled_value() == -1.0f);  // 0 - 0.5 * 2
}

TEST_CASE("a refused push changes nothing and says why", "[shard]") {
    bench s;
    s.push({.of_era = era - 1});
    CHECK(s.refused() == wire::Refusal::ERA);
    s.push({.of_era = era + 1});
    CHECK(s.refused() == wire::Refusal::NOT_READY);
    s.push({.floats = 15});
    CHECK(s.refused() == wire::Refusal::MALFORMED);
    s.push({.floats = 32});
    CHECK(s.refused() == wire::Refusal::MALFORMED);
    s.order(0, fence{{0, 5}, {}});
    s.push({.incarnation = 5});
    CHECK(s.refused() == wire::Refusal::FENCED);
    s.push({.incarnation = 4});
    CHECK(s.refused() == wire::Refusal::FENCED);
    s.push({.incarnation = 6});
    CHECK(s.landed());
    s.order(1, bench::applied(1, 0));  // none of incarnation 5 is here
    CHECK(s.lost() == "shard 0 was told to apply item 0 of worker 0, which it does not hold");
}

TEST_CASE("a refusal names the attempt that it refuses", "[shard]") {
    bench s;
    s.push({.attempt = 7, .floats = 15});
    CHECK(s.refused_attempt() == 7u);
    s.newest = era - 1;
    s.pull(0, 9);
    CHECK(s.refused() == wire::Refusal::ERA);
    CHECK(s.refused_attempt() == 9u);
}

TEST_CASE("slices held for a worker are bounded, and freed by all that ends them", "[shard]") {
    bench s;
    const auto full = [&](item_id next) {
        s.push({.item = next});
        return s.refused() == wire::Refusal::FULL;
    };
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    REQUIRE(full(3));
    SECTION("an apply") {
        s.order(0, bench::applied(1, 1));
    }
    SECTION("a skip") {
        s.order(0, skip_record{1, "poison"});
    }
    SECTION("a drop") {
        s.order(0, drop{{0, 5}, 1, 1});
    }
    SECTION("a fence") {
        s.order(0, fence{{0, 5}, {0, 2}});
        s.push({.item = 3, .incarnation = 6});
        CHECK(s.landed());
        s.push({.item = 4, .incarnation = 6});
        CHECK(s.refused() == wire::Refusal::FULL);
        return;
    }
    SECTION("a withdrawal") {
        s.push({.item = 1, .attempt = 2, .withdrawn = {1}});
        CHECK(s.landed());  // attempt 1 of items 0, 1 and 2 has gone
        s.push({.item = 2, .attempt = 2});
        CHECK(s.landed());
    }
    CHECK_FALSE(full(3));
}

TEST_CASE("a drop of another attempt keeps the one that counts", "[shard]") {
    bench s;
    s.push({.item = 1, .attempt = 1, .value = 4});
    s.push({.item = 1, .attempt = 2, .value = 8});
    s.order(0, drop{{0, 5}, 1, 1}, bench::applied(1, 1, 0, 2));
    s.pull(1);
    CHECK(s.pulled_value() == -4.0f);
}

TEST_CASE("a push for an item that is closed is answered and not kept", "[shard]") {
    bench s;
    ledger_state before;
    before.watermark = 10;
    before.applied_above = {12};
    before.skipped_above = {14};
    before.applied = 11;
    before.skipped = 1;
    s.begin(era + 1, before);
    const auto landed = [&](item_id item) {
        s.push({.item = item, .of_era = era + 1});
        return s.landed();
    };
    for (const item_id closed : {9, 12, 14, 0, 5}) CHECK(landed(closed));  // more than slices_max
    for (const item_id open : {10, 11, 13}) CHECK(landed(open));
    CHECK_FALSE(landed(15));
}

TEST_CASE("a pull waits for its floor", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.pull(1);
    CHECK(s.out.empty());
    s.order(0, bench::applied(1, 0));
    CHECK(s.pulled_count() == 1);
}

TEST_CASE("records out of turn wait to be sent again; repeated ones do nothing", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.push({.item = 1});
    const auto held = [&] {
        return s.answer(wire::Message::RECORDS_HELD,
                        [](auto m) { return m.getRecordsHeld().getNext(); });
    };
    s.order(1, bench::applied(2, 1, 1));
    CHECK(held() == 0);
    s.order(0, bench::applied(1, 0));
    CHECK(held() == 1);
    s.order(0, bench::applied(1, 0), bench::applied(2, 1, 0));
    CHECK(held() == 2);
    s.pull(2);
    CHECK(s.pulled_value() == -1.0f);
}

TEST_CASE("without a free version buffer the order waits, and goes on when one returns",
          "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.pull(0);
    outbox pulled_0 = s.out;  // holds the buffer of count 0
    s.order(0, bench::applied(1, 0));
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    const outbox pulled_1 = s.out;
    s.order(1, bench::applied(2, 1));  // both buffers are held by pulls
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    s.out.clear();
    pulled_0.clear();
    s.core.tick(0, s.out);
    s.pull(2);
    CHECK(s.pulled_count() == 2);
}

TEST_CASE("a version that nobody reads gives its buffer to the next one", "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.pull(0);
    const outbox pulled_0 = s.out;  // one of two buffers
    s.order(0, bench::applied(1, 0), bench::applied(2, 1), bench::applied(3, 2));
    s.pull(3);
    CHECK(s.pulled_count() == 3);
}

TEST_CASE("records that wait have a bound; what is over it is taken when it comes again",
          "[shard]") {
    bench s;
    s.push({.item = 0});
    s.push({.item = 1});
    s.pull(0);
    outbox pulled_0 = s.out;
    s.order(0, bench::applied(1, 0));
    s.pull(1);
    const outbox pulled_1 = s.out;  // both buffers are held
    s.order(1, bench::applied(2, 1));
    const auto held = [&] {
        return s.answer(wire::Message::RECORDS_HELD,
                        [](auto m) { return m.getRecordsHeld().getNext(); });
    };
    const auto skip = [](item_id item) { return skip_record{item, "poison"}; };
    for (std::uint64_t at = 2; at < 20; ++at) s.order(at, skip(at));
    CHECK(held() == 7u);  // the second apply and 5 skips wait
    pulled_0.clear();
    s.out.clear();
    s.core.tick(1, s.out);
    s.order(7, skip(7), skip(8));
    CHECK(held() == 9u);
    s.pull(2);
    CHECK(s.pulled_count() == 2u);
}

TEST_CASE("the order is checked again by the shard", "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.order(0, bench::applied(1, 0));
    CHECK_THROWS(s.order(1, bench::applied(3, 1)));  // a count is missing
}

TEST_CASE("a gradient over the bound is never applied", "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.order(0, bench::applied(1, 0));
    s.order(1, bench::applied(2, 1));
    s.push({.item = 3});
    s.push({.item = 4});
    s.order(2, bench::applied(3, 2));
    CHECK_THROWS(s.order(3, bench::applied(4, 3)));  // base 0 at count 3, bound 2
}

TEST_CASE("an era that is older, or was begun, is not begun again", "[shard]") {
    bench s;
    s.push({.item = 0, .value = 2});
    s.order(0, bench::applied(1, 0));
    s.begin(era, {});
    s.begin(era - 1, {});
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    s.begin(era + 1, {});
    s.newest = era;
    s.pull(0);
    CHECK(s.refused() == wire::Refusal::ERA);
}

TEST_CASE("a pull that comes again is answered again only when its answer is gone", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.push({.item = 1});
    s.pull(0, 1);
    REQUIRE(s.pulled_count() == 0u);
    outbox on_its_way = s.out;
    s.order(0, bench::applied(1, 0));
    for (int again = 0; again < 3; ++again) {
        s.core.tick(0, s.out);
        s.pull(0, 1);
        CHECK(s.out.empty());
    }
    s.pull(0, 2);  // another attempt, and another life, are not that one
    CHECK(s.pulled_count() == 1u);
    s.pull(0, 1, 6);
    CHECK(s.pulled_count() == 1u);
    on_its_way.clear();  // lost
    s.pull(0, 1);
    CHECK(s.pulled_count() == 1u);
}

TEST_CASE("a pull that waits and comes again waits once", "[shard]") {
    bench s;
    s.push({.item = 0});
    for (int again = 0; again < 9; ++again) {  // more than may wait of one worker
        s.pull(1, 1);
        CHECK(s.out.empty());
    }
    s.order(0, bench::applied(1, 0));
    std::size_t answers = 0;
    for (const auto& o : s.out) answers += frame_reader(o.frame).root().isPulled() ? 1 : 0;
    CHECK(answers == 1);
}

TEST_CASE("an answer of an older era holds up no pull of a newer one", "[shard]") {
    bench s;
    s.pull(0, 1);
    const outbox held = s.out;
    s.begin(era + 1, {});
    s.pull(0, 1);
    CHECK(s.pulled_count() == 0u);
}
