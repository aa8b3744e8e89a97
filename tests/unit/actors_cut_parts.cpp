// Gathering a cut: the parts of drawn cuts in drawn orders, doubled and lost, against a plain book.
#include <algorithm>
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

bool take(cut_parts& to, const frame& f, std::int64_t now_ms = 0) {
    frame_reader reader(f);
    return to.take(f, reader.root(), now_ms);
}

bool take(cut_parts& to, const part& p, std::int64_t now_ms = 0) {
    return take(to, built(p), now_ms);
}

}  // namespace

TEST_CASE("a cut is complete with its last part, whichever that is") {
    std::vector<int> order{0, 1, 2, 3};
    do {
        cut_parts parts(3);
        CHECK(parts.empty());
        for (std::size_t k = 0; k < order.size(); ++k) {
            const auto who = static_cast<std::uint32_t>(order[k]);
            const part p{7, 5, who == 3 ? std::nullopt : std::optional(who)};
            REQUIRE(take(parts, p) == (k == 3));
            CHECK_FALSE(parts.empty());
        }
        CHECK(parts.era() == 7);
        CHECK(parts.cut().cut == 5);
        CHECK(parts.cut().count == 705);
        CHECK(parts.cut().purpose == cut_of({7, 5, {}}).purpose);
        CHECK(parts.ledger().watermark == 7'005);
        for (std::uint32_t s = 0; s < 3; ++s) {
            frame_reader reader(parts.snapshots()[s]);
            CHECK(read_address(reader.root().getFrom()) == address{role::SHARD, s});
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a part of a newer cut or era drops what was gathered; an older part changes nothing") {
    for (const auto& [older, newer] :
         {std::pair(part{3, 8, 0u}, part{3, 9, 1u}), std::pair(part{3, 8, 0u}, part{4, 0, 1u})}) {
        cut_parts parts(2);
        take(parts, older, 10);
        take(parts, newer, 20);
        CHECK(parts.era() == newer.era);
        CHECK(parts.cut().cut == newer.cut);
        CHECK_FALSE(parts.overdue(25, 5));  // the newer one was begun at 20
        CHECK_FALSE(parts.snapshots()[0]);
        CHECK_FALSE(take(parts, older, 30));
        CHECK_FALSE(parts.snapshots()[0]);
        CHECK(parts.cut().cut == newer.cut);
        CHECK_FALSE(take(parts, {newer.era, newer.cut, std::nullopt}, 30));
        CHECK(take(parts, {newer.era, newer.cut, 0u}, 30));
    }
}

TEST_CASE("a part of a cut that was cleared begins nothing, however it was cleared") {
    for (bool complete : {true, false}) {
        cut_parts parts(2);
        take(parts, {3, 8, 0u});
        take(parts, {3, 8, std::nullopt});
        if (complete) take(parts, {3, 8, 1u});
        parts.clear();
        CHECK(parts.empty());
        for (const part& late : {part{3, 8, 1u}, part{3, 8, std::nullopt}, part{3, 7, 0u},
                                 part{2, 30, 0u}, part{2, 30, std::nullopt}}) {
            CHECK_FALSE(take(parts, late, 50));
            CHECK(parts.empty());
            CHECK_FALSE(parts.overdue(1'000'000, 5));
        }
        take(parts, {3, 9, 0u}, 60);  // and the next is gathered from its own parts only
        CHECK_FALSE(parts.empty());
        CHECK_FALSE(take(parts, {3, 9, 1u}, 60));
        CHECK(take(parts, {3, 9, std::nullopt}, 60));
    }
}

TEST_CASE("the first cut of a run is gathered, be its numbers zero") {
    cut_parts parts(1);
    CHECK_FALSE(take(parts, {0, 0, 0u}));
    CHECK_FALSE(parts.empty());
    CHECK(take(parts, {0, 0, std::nullopt}));
}

TEST_CASE("a cut is overdue once its limit is over, counted from its first part") {
    cut_parts parts(2);
    CHECK_FALSE(parts.overdue(1'000'000, 5));
    take(parts, {1, 1, 0u}, 100);
    take(parts, {1, 1, std::nullopt}, 104);
    CHECK_FALSE(parts.overdue(105, 5));
    CHECK(parts.overdue(106, 5));
    parts.clear();
    CHECK_FALSE(parts.overdue(106, 5));
}

TEST_CASE("a snapshot of a shard that the map does not have is no part") {
    cut_parts parts(2);
    take(parts, {1, 1, 0u});
    take(parts, {1, 1, std::nullopt});
    CHECK_FALSE(take(parts, {1, 1, 2u}));
    CHECK_FALSE(take(parts, {1, 1, 4'000'000'000u}));
    CHECK(take(parts, {1, 1, 1u}));
}

TEST_CASE("whatever comes in whatever order, a cut is complete when and only when all of it came") {
    std::uint64_t completed = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        std::mt19937_64 r(seed);
        const auto shards = 1 + static_cast<std::uint32_t>(r() % 4);
        cut_parts parts(shards);
        std::pair<std::uint64_t, std::uint64_t> newest{0, 0};
        std::set<std::uint32_t> came;  // `shards` stands for the account
        bool gathers = false;
        for (int step = 0; step < 200; ++step) {
            // Mostly of the newest cut, some of others near it.
            part p{newest.first, newest.second, {}};
            if (r() % 8 == 0) p.cut = r() % 3 == 0 ? p.cut + 1 : p.cut - std::min(p.cut, r() % 3);
            if (r() % 60 == 0) p = {p.era + 1, r() % 5, {}};
            if (r() % 30 == 0) p.era -= std::min<std::uint64_t>(p.era, 1);
            const auto who = static_cast<std::uint32_t>(r() % (shards + 1));
            if (who < shards) p.from = who;
            const std::pair of(p.era, p.cut);
            if (of > newest || step == 0) {
                newest = of;
                came.clear();
                gathers = true;
            }
            if (of == newest && gathers) came.insert(who);
            const bool complete = of == newest && gathers && came.size() == shards + 1;
            INFO("seed " << seed << ", step " << step);
            REQUIRE(take(parts, p, step) == complete);
            REQUIRE(parts.empty() == !gathers);
            if (complete) REQUIRE(parts.ledger().watermark == 1'000 * of.first + of.second);
            if (complete || r() % 40 == 0) {
                parts.clear();
                gathers = false;
                came.clear();
                completed += complete ? 1 : 0;
            }
        }
    }
    CHECK(completed > 1'000);
}
