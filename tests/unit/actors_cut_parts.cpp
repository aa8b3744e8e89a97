// Gathering cuts: their parts mixed, doubled and lost, against a plain book.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "actors/cut_parts.hpp"
#include "actors/wire_order.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

/// A part of a cut: of shard `from`, or the account.
struct part {
    std::uint64_t era = 0;
    std::uint64_t cut = 0;
    std::optional<std::uint32_t> from;
};

cut_record cut_of(const part& p) {
    return {p.cut, 100 * p.era + p.cut, {p.cut % 2 == 0, true, p.cut == 9}};
}

frame built(const part& p) {
    const address from{p.from ? role::SHARD : role::SEQUENCER, p.from.value_or(0)};
    frame_builder b(from, {role::CHECKPOINTER, 0}, 1, p.era);
    if (p.from) {
        write(b.root().initSnapshot().initCut(), cut_of(p));
    } else {
        auto account = b.root().initAccount();
        write(account.initCut(), cut_of(p));
        ledger_state l;
        l.watermark = 1'000 * p.era + p.cut;
        write(account.initLedger(), l);
    }
    return b.finish();
}

std::optional<whole_cut> take(cut_parts& to, const part& p, std::int64_t now_ms = 0) {
    const auto f = built(p);
    frame_reader reader(f);
    return to.take(f, reader.root(), now_ms);
}

using key = std::pair<std::uint64_t, std::uint64_t>;

std::vector<key> lost(cut_parts& of, std::int64_t now_ms = 0, std::int64_t limit_ms = 1'000'000) {
    std::vector<key> keys;
    for (const auto& l : of.take_lost(now_ms, limit_ms)) keys.emplace_back(l.era, l.cut.cut);
    return keys;
}

}  // namespace

TEST_CASE("a cut is complete with its last part, whichever that is") {
    std::vector<int> order{0, 1, 2, 3};
    do {
        cut_parts parts(3);
        std::optional<whole_cut> whole;
        for (std::size_t k = 0; k < order.size(); ++k) {
            const auto who = static_cast<std::uint32_t>(order[k]);
            whole = take(parts, {7, 5, who == 3 ? std::nullopt : std::optional(who)});
            REQUIRE(whole.has_value() == (k == 3));
        }
        CHECK(whole->era == 7);
        CHECK(whole->cut.cut == 5);
        CHECK(whole->cut.count == 705);
        CHECK(whole->cut.purpose == cut_of({7, 5, {}}).purpose);
        CHECK(whole->ledger.watermark == 7'005);
        for (std::uint32_t s = 0; s < 3; ++s) {
            frame_reader reader(whole->snapshots[s]);
            CHECK(read_address(reader.root().getFrom()) == address{role::SHARD, s});
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("cuts whose parts come mixed, each sender's in order, are all complete") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        std::mt19937_64 r(seed);
        const auto shards = 1 + static_cast<std::uint32_t>(r() % 4);
        cut_parts parts(shards);
        std::vector<std::uint64_t> sent(shards + 1);  // the last is the sequencer's
        std::uint64_t complete = 0;
        while (complete < 50) {
            const auto who = static_cast<std::uint32_t>(r() % (shards + 1));
            if (sent[who] == 50 || sent[who] >= complete + cut_parts::cuts_max) continue;
            const part p{1, sent[who]++, who < shards ? std::optional(who) : std::nullopt};
            if (const auto whole = take(parts, p)) {
                INFO("seed " << seed);
                REQUIRE(whole->cut.cut == complete);
                REQUIRE(whole->ledger.watermark == 1'000 + complete);
                ++complete;
            }
        }
        CHECK(lost(parts).empty());
    }
}

TEST_CASE("a cut that misses a part when a newer one is complete is lost, and told once") {
    cut_parts parts(2);
    take(parts, {3, 7, 0u});
    take(parts, {3, 8, std::nullopt});
    take(parts, {3, 9, 0u});
    take(parts, {3, 9, 1u});
    CHECK(lost(parts).empty());
    CHECK(take(parts, {3, 9, std::nullopt}));
    CHECK(lost(parts) == std::vector<key>{{3, 7}, {3, 8}});
    CHECK(lost(parts).empty());
    CHECK_FALSE(take(parts, {3, 7, 1u}));  // too late: it begins nothing
    CHECK_FALSE(take(parts, {3, 7, std::nullopt}));
    CHECK_FALSE(take(parts, {3, 7, 0u}));
    CHECK(lost(parts, 2'000'000).empty());
}

TEST_CASE("a newer era's first part ends the older one's cuts, which nobody waits for any more") {
    cut_parts parts(1);
    take(parts, {3, 8, 0u});
    take(parts, {4, 0, 0u});
    CHECK_FALSE(take(parts, {3, 8, std::nullopt}));
    CHECK(lost(parts, 0).empty());
    const auto whole = take(parts, {4, 0, std::nullopt});
    REQUIRE(whole);
    CHECK(whole->era == 4);
}

TEST_CASE("a cut is lost once its limit is over, counted from its first part") {
    cut_parts parts(2);
    CHECK(lost(parts, 1'000'000, 5).empty());
    take(parts, {1, 1, 0u}, 100);
    take(parts, {1, 1, std::nullopt}, 104);
    take(parts, {1, 2, 0u}, 105);
    CHECK(lost(parts, 105, 5).empty());
    CHECK(lost(parts, 106, 5) == std::vector<key>{{1, 1}});
    CHECK_FALSE(take(parts, {1, 1, 1u}, 107));
    CHECK_FALSE(take(parts, {1, 2, 1u}, 107));
    CHECK(take(parts, {1, 2, std::nullopt}, 107));  // the newer one goes on
    CHECK(lost(parts, 1'000'000, 5).empty());
}

TEST_CASE("of more cuts than are gathered at a time the oldest are lost") {
    cut_parts parts(1);
    for (std::uint64_t c = 0; c < cut_parts::cuts_max + 2; ++c) take(parts, {0, c, 0u});
    CHECK(lost(parts) == std::vector<key>{{0, 0}, {0, 1}});
    for (std::uint64_t c = 0; c < cut_parts::cuts_max + 2; ++c)
        CHECK(take(parts, {0, c, std::nullopt}).has_value() == (c >= 2));
}

TEST_CASE("a snapshot of a shard that the map does not have is no part") {
    cut_parts parts(2);
    CHECK_FALSE(take(parts, {1, 1, 2u}));
    take(parts, {1, 1, 0u});
    take(parts, {1, 1, std::nullopt});
    CHECK_FALSE(take(parts, {1, 1, 4'000'000'000u}));
    CHECK(take(parts, {1, 1, 1u}));
}

TEST_CASE("whatever comes in whatever order, each cut is complete or lost, once, or still open") {
    std::uint64_t completed = 0;
    std::uint64_t told_lost = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        std::mt19937_64 r(seed);
        const auto shards = 1 + static_cast<std::uint32_t>(r() % 4);
        cut_parts parts(shards);
        std::map<key, std::set<std::uint32_t>> open;  // `shards` stands for the account
        std::optional<key> closed;
        std::vector<key> expected_lost;
        key newest{0, 0};
        for (int step = 0; step < 300; ++step) {
            // Of the newest cut, or one near it.
            part p{newest.first, newest.second, {}};
            if (r() % 5 == 0) p.cut = r() % 2 == 0 ? p.cut + 1 : p.cut - std::min(p.cut, r() % 3);
            if (r() % 90 == 0) p = {p.era + 1, r() % 5, {}};
            if (r() % 30 == 0) p.era -= std::min<std::uint64_t>(p.era, 1);
            const auto who = static_cast<std::uint32_t>(r() % (shards + 1));
            if (who < shards) p.from = who;
            const key of(p.era, p.cut);
            const bool newer_era = !open.empty() && open.rbegin()->first.first > of.first;
            const bool taken = !newer_era && !(closed && of <= *closed);
            if (taken && !open.empty() && open.rbegin()->first.first < of.first) open.clear();
            if (taken) open[of].insert(who);
            const bool complete = taken && open[of].size() == shards + 1;
            if (complete) {
                for (auto o = open.begin(); o->first != of; o = open.erase(o))
                    expected_lost.push_back(o->first);
                open.erase(of);
                closed = of;
            }
            if (taken) newest = std::max(newest, of);
            INFO("seed " << seed << ", step " << step);
            const auto whole = take(parts, p, step);
            REQUIRE(whole.has_value() == complete);
            if (complete) REQUIRE(whole->ledger.watermark == 1'000 * of.first + of.second);
            completed += complete ? 1 : 0;
            if (r() % 10 != 0) continue;
            told_lost += expected_lost.size();
            REQUIRE(lost(parts, step) == expected_lost);
            expected_lost.clear();
        }
    }
    CHECK(completed > 1'000);
    CHECK(told_lost > 100);
}
