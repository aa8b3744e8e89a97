// The account of the items against two plain sets, over drawn histories, with the state taken out
// and put into a new ledger in between.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "actors/ledger.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

/// Nothing is forgotten here but what the ledger says it forgets.
struct plain_book {
    std::set<item_id> applied;
    std::set<item_id> skipped;
    std::map<item_id, std::uint32_t> tries;

    bool closed(item_id i) const { return applied.contains(i) || skipped.contains(i); }
    item_id watermark() const {
        item_id w = 0;
        while (closed(w)) ++w;
        return w;
    }
    std::vector<item_id> above(const std::set<item_id>& all) const {
        return {all.lower_bound(watermark()), all.end()};
    }
};

void compare(const ledger& l, const plain_book& book, item_id items) {
    REQUIRE(l.watermark() == book.watermark());
    REQUIRE(l.applied() == book.applied.size());
    REQUIRE(l.skipped_total() == book.skipped.size());
    REQUIRE(l.closed_total() == book.applied.size() + book.skipped.size());
    for (item_id i = 0; i < items + 5; ++i) {
        if (l.closed(i) != book.closed(i)) FAIL("item " << i << " is closed in one of them only");
        const bool known = i >= book.watermark() && book.skipped.contains(i);
        if (l.skipped(i) != known) FAIL("item " << i << " is skipped in one of them only");
    }
    const auto s = l.state();
    REQUIRE(s.watermark == book.watermark());
    REQUIRE(s.applied_above == book.above(book.applied));
    REQUIRE(s.skipped_above == book.above(book.skipped));
    REQUIRE(s.applied == book.applied.size());
    REQUIRE(s.skipped == book.skipped.size());
    REQUIRE(s.tries ==
            std::vector<std::pair<item_id, std::uint32_t>>(book.tries.begin(), book.tries.end()));
}

/// An open item not far above the lowest one; none when all are closed.
std::optional<item_id> open_item(const plain_book& book, item_id items, std::mt19937_64& r) {
    const item_id begin = book.watermark();
    if (begin >= items) return std::nullopt;
    const item_id item = std::min(begin + r() % 30, items - 1);
    return book.closed(item) ? begin : item;
}

}  // namespace

TEST_CASE("the ledger is the account of two sets, through every close and every restart") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 r(seed);
        const item_id items = 1 + r() % 150;
        ledger l{ledger_state{}};
        plain_book book;
        while (const auto item = open_item(book, items, r)) {
            switch (r() % 6) {
                case 0:
                    l = ledger(l.state());
                    break;
                case 1:
                    REQUIRE(l.fail(*item) == ++book.tries[*item]);
                    break;
                case 2:
                    l.skip(*item);
                    book.skipped.insert(*item);
                    book.tries.erase(*item);
                    break;
                default:
                    l.apply(*item);
                    book.applied.insert(*item);
                    book.tries.erase(*item);
            }
            compare(l, book, items);
        }
        REQUIRE(l.watermark() == items);
        REQUIRE(l.state().applied_above.empty());
        REQUIRE(l.state().skipped_above.empty());
        REQUIRE(l.state().tries.empty());
    }
}

TEST_CASE("a ledger goes on from a state that was given to it") {
    ledger_state from;
    from.watermark = 1'000'000'000'000;
    from.applied = 999'999'999'990;
    from.skipped = 13;
    from.applied_above = {from.watermark + 2};
    from.skipped_above = {from.watermark + 1, from.watermark + 4};
    from.tries = {{from.watermark, 2}};
    ledger l(from);
    CHECK(l.closed(0));
    CHECK(l.closed(from.watermark - 1));
    CHECK_FALSE(l.closed(from.watermark));
    CHECK(l.fail(from.watermark) == 3);
    l.apply(from.watermark);
    CHECK(l.watermark() == from.watermark + 3);
    CHECK_FALSE(l.skipped(from.watermark + 1));  // below the watermark that is not known
    CHECK(l.skipped(from.watermark + 4));
    CHECK(l.applied() == from.applied + 1);
    CHECK(l.skipped_total() == 13);
    CHECK(l.fail(from.watermark + 3) == 1);
    l.skip(from.watermark + 3);
    CHECK(l.watermark() == from.watermark + 5);
    CHECK(l.state().tries.empty());
}
