// Which samples an item is, against a count of every sample of every epoch.
#include <algorithm>
#include <numeric>
#include <set>

#include "actors/item_plan.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

using samples = std::vector<std::uint64_t>;

samples of(const item_plan& p, item_id item) {
    samples s{7, 7, 7};  // what was there before is gone
    p.samples_of(item, s);
    return s;
}

samples epoch(const item_plan& p, std::uint64_t e) {
    samples all;
    for (item_id k = 0; k < p.items_per_epoch(); ++k) {
        const auto part = of(p, e * p.items_per_epoch() + k);
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

bool each_once(samples all, std::uint64_t n) {
    samples expected(n);
    std::iota(expected.begin(), expected.end(), 0);
    std::sort(all.begin(), all.end());
    return all == expected;
}

}  // namespace

TEST_CASE("every epoch holds every sample once, in full batches and one rest") {
    for (std::uint64_t n = 1; n <= 40; ++n)
        for (std::uint64_t batch = 1; batch <= 45; ++batch) {
            const item_plan p{n, batch, 3, n * 100 + batch};
            std::uint64_t items = 0;
            for (std::uint64_t left = n; left > 0; left -= std::min(left, batch)) ++items;
            INFO(n << " samples in batches of " << batch);
            REQUIRE(p.items_per_epoch() == items);
            REQUIRE(p.items_total() == 3 * items);
            std::uint64_t item = 0;
            for (std::uint64_t e = 0; e < 3; ++e) {
                for (std::uint64_t left = n; left > 0; left -= std::min(left, batch), ++item) {
                    REQUIRE(p.epoch_of(item) == e);
                    REQUIRE(of(p, item).size() == std::min(left, batch));
                }
                REQUIRE(each_once(epoch(p, e), n));
            }
            REQUIRE(item == p.items_total());
        }
}

TEST_CASE("an item is the same whenever, in whatever order and by whomever it is asked for") {
    const item_plan p{101, 8, 4, 42};
    const item_plan again{101, 8, 4, 42};
    std::vector<samples> forwards;
    for (item_id k = 0; k < p.items_total(); ++k) forwards.push_back(of(p, k));
    for (item_id k = p.items_total(); k-- > 0;) CHECK(of(again, k) == forwards[k]);
}

TEST_CASE("epochs and seeds have orders of their own") {
    std::set<samples> orders;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const item_plan p{50, 7, 20, seed};
        for (std::uint64_t e = 0; e < 20; ++e) orders.insert(epoch(p, e));
    }
    CHECK(orders.size() == 400);
    samples sorted(50);
    std::iota(sorted.begin(), sorted.end(), 0);
    CHECK_FALSE(orders.contains(sorted));
}

// Pearson's chi-square over sample by item, 16 samples in 4 items and 4,000 epochs: a sample falls
// into each item 1,000 times on average, with a variance of 750. The sum over the 64 cells has mean
// 48 and, with 45 of them free, deviation 10: the bounds lie more than 3 and 5 of those away.
TEST_CASE("over the epochs each sample falls into each batch about equally often") {
    const item_plan p{16, 4, 4'000, 3};
    std::vector<std::vector<double>> seen(16, std::vector<double>(4, 0));
    for (item_id k = 0; k < p.items_total(); ++k)
        for (auto s : of(p, k)) seen[s][k % 4] += 1;
    double chi = 0;
    for (const auto& row : seen)
        for (double n : row) chi += (n - 1'000) * (n - 1'000) / 1'000;
    CHECK(chi < 100);
    CHECK(chi > 15);  // more even than chance is no chance either
}

TEST_CASE("a plan of many samples costs only the item that is asked for") {
    const item_plan p{(1ull << 40) + 12'345, 1'000, 1'000, 9};
    CHECK(p.items_per_epoch() == 1'099'511'641);  // 1,099,511,640 full batches and a rest of 121
    const auto last = of(p, p.items_per_epoch() - 1);
    CHECK(last.size() == 121);
    const auto some = of(p, p.items_per_epoch() * 999 + 5);
    CHECK(some.size() == 1'000);
    for (auto s : some) CHECK(s < p.samples);
    CHECK(std::set<std::uint64_t>(some.begin(), some.end()).size() == 1'000);
    CHECK(p.epoch_of(p.items_total() - 1) == 999);
}
