#include "actors/rebalance.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct setting {
    std::vector<part_load> parts;
    std::vector<std::uint32_t> nodes;
};

setting drawn(std::mt19937_64& r) {
    setting s;
    const auto nodes = 1 + r() % 6;
    for (std::uint32_t n = 0; n < nodes; ++n) s.nodes.push_back(10 + n);
    const auto copies = 1 + r() % nodes;
    const auto parts = static_cast<std::uint32_t>(r() % 9);
    for (std::uint32_t p = 0; p < parts; ++p) {
        part_load l{{role::SHARD, p}, r() % 1'000, s.nodes, {}};
        std::shuffle(l.nodes.begin(), l.nodes.end(), r);
        l.places = l.nodes;
        l.places.resize(copies + r() % (nodes - copies + 1));
        l.nodes.resize(copies);
        s.parts.push_back(l);
    }
    return s;
}

std::uint64_t most(const setting& s) {
    std::uint64_t m = 0;
    for (const auto& [node, load] : loads_of(s.parts, s.nodes)) m = std::max(m, load);
    return m;
}

std::uint64_t sum_of_squares(const setting& s) {
    std::uint64_t sum = 0;
    for (const auto& [node, load] : loads_of(s.parts, s.nodes)) sum += load * load;
    return sum;
}

bool apply(setting& s, const part_move& m) {
    auto& nodes = s.parts[m.part.index].nodes;
    const auto from = std::find(nodes.begin(), nodes.end(), m.from);
    if (from == nodes.end() || std::count(nodes.begin(), nodes.end(), m.to) > 0) return false;
    *from = m.to;
    const auto& places = s.parts[m.part.index].places;
    return std::count(places.begin(), places.end(), m.to) > 0;
}

// Whether any one move makes the loads more equal.
bool can_be_better(const setting& s) {
    for (const auto& p : s.parts)
        for (const auto from : p.nodes)
            for (const auto to : s.nodes) {
                auto moved = s;
                if (apply(moved, {p.part, from, to}) && sum_of_squares(moved) < sum_of_squares(s))
                    return true;
            }
    return false;
}

}  // namespace

TEST_CASE("moves make loads more equal until no move does", "[rebalance]") {
    std::mt19937_64 r(5);
    std::size_t moved = 0;
    for (int n = 0; n < 500; ++n) {
        auto s = drawn(r);
        const auto before = most(s);
        for (const auto& m : rebalance(s.parts, s.nodes)) {
            const auto was = sum_of_squares(s);
            REQUIRE(apply(s, m));
            REQUIRE(sum_of_squares(s) < was);
            ++moved;
        }
        CHECK(most(s) <= before);
        CHECK_FALSE(can_be_better(s));
    }
    CHECK(moved > 100);
}

TEST_CASE("imbalance is the largest load by the mean", "[rebalance]") {
    CHECK(imbalance({{1, 30}, {2, 10}, {3, 20}}) == Approx(1.5));
    CHECK(imbalance({{1, 7}, {2, 7}}) == Approx(1));
    CHECK(imbalance({{1, 0}, {2, 0}}) == Approx(1));
    CHECK(imbalance({}) == Approx(1));
}

TEST_CASE("what a node holds that is not to be used does not count", "[rebalance]") {
    const std::vector<part_load> parts{{{role::SHARD, 0}, 5, {1, 9}, {}},
                                       {{role::SHARD, 1}, 6, {2}, {}}};
    CHECK(loads_of(parts, {1, 2, 3}) == node_loads{{1, 5}, {2, 6}, {3, 0}});
}
