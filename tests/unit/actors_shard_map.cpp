// Cutting tensors and spreading rows, over drawn layouts and 1 to 17 shards, against plain counts.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "actors/shard_map.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint32_t shards_max = 17;

model_layout drawn(std::uint64_t seed) {
    std::mt19937_64 r(seed);
    model_layout l;
    const auto tensors = r() % 6;
    for (std::uint64_t t = 0; t < tensors; ++t) {
        tensor_spec spec;
        spec.shape.push_back(1 + r() % (r() % 3 == 0 ? 300 : 9));
        for (auto more = r() % 3; more > 0; --more) spec.shape.push_back(1 + r() % 21);
        l.tensors.push_back(spec);
    }
    return l;
}

std::size_t total_of(const model_layout& l) {
    std::size_t total = 0;
    for (const auto& t : l.tensors) total += t.size();
    return total;
}

/// The floats of a shard without gaps.
std::size_t held(const shard_map& m, std::uint32_t shard) {
    std::size_t floats = 0;
    for (const auto& r : m.ranges(shard)) floats += r.floats;
    return floats;
}

using slices = std::vector<std::vector<float>>;

slices empty_slices(const shard_map& m) {
    slices all;
    for (std::uint32_t s = 0; s < m.shards(); ++s) all.emplace_back(m.slice_floats(s), -1.0f);
    return all;
}

template <class T, class Slices>
parameter_view<T> view_of(const shard_map& m, Slices& all) {
    std::vector<T*> starts;
    for (auto& slice : all) starts.push_back(slice.data());
    return m.view(starts);
}

/// Floats 0, 1, 2 ... through all tensors, written through the view of a map.
slices numbered(const shard_map& m) {
    auto all = empty_slices(m);
    float next = 0;
    for (const auto& t : view_of<float>(m, all).tensors)
        for (std::size_t r = 0; r < t.rows; ++r)
            for (std::size_t c = 0; c < t.width; ++c) t.row(r)[c] = next++;
    return all;
}

double chi_square(const std::vector<double>& seen) {
    const double mean = std::accumulate(seen.begin(), seen.end(), 0.0) / double(seen.size());
    double chi = 0;
    for (double n : seen) chi += (n - mean) * (n - mean) / mean;
    return chi;
}

/// Mean and six deviations of chi-square with that many cells.
double chi_bound(std::size_t cells) {
    const auto free = double(cells - 1);
    return free + 6 * std::sqrt(2 * free) + 6;
}

}  // namespace

TEST_CASE("every float of every tensor lies on one shard, at one place") {
    for (std::uint64_t seed = 0; seed < 60; ++seed)
        for (std::uint32_t shards = 1; shards <= shards_max; ++shards) {
            INFO("seed " << seed << ", " << shards << " shards");
            const shard_map m(drawn(seed), shards);
            REQUIRE(m.shards() == shards);
            std::vector<std::vector<int>> owners;  // per tensor and row
            for (const auto& t : m.layout().tensors) owners.emplace_back(t.rows(), 0);
            for (std::uint32_t s = 0; s < shards; ++s) {
                std::vector<int> used(m.slice_floats(s), 0);
                for (const auto& r : m.ranges(s)) {
                    REQUIRE(r.row_begin < r.row_end);
                    REQUIRE(r.row_end <= owners[r.tensor].size());
                    REQUIRE(r.floats ==
                            (r.row_end - r.row_begin) * m.layout().tensors[r.tensor].width());
                    REQUIRE(r.offset + r.floats <= used.size());
                    for (auto row = r.row_begin; row < r.row_end; ++row) ++owners[r.tensor][row];
                    for (std::size_t f = 0; f < r.floats; ++f) ++used[r.offset + f];
                }
                REQUIRE(std::all_of(used.begin(), used.end(), [](int n) { return n <= 1; }));
            }
            for (const auto& rows : owners)
                REQUIRE(std::all_of(rows.begin(), rows.end(), [](int n) { return n == 1; }));
        }
}

TEST_CASE("ranges and slices are aligned, and no gap is larger than that takes") {
    for (std::uint64_t seed = 0; seed < 60; ++seed)
        for (std::uint32_t shards = 1; shards <= shards_max; ++shards) {
            INFO("seed " << seed << ", " << shards << " shards");
            const shard_map m(drawn(seed), shards);
            for (std::uint32_t s = 0; s < shards; ++s) {
                std::size_t end = 0;
                for (const auto& r : m.ranges(s)) {
                    REQUIRE(r.offset % 16 == 0);
                    REQUIRE(r.offset >= end);
                    REQUIRE(r.offset < end + 16);
                    end = r.offset + r.floats;
                }
                REQUIRE(m.slice_floats(s) % 16 == 0);
                REQUIRE(m.slice_floats(s) >= end);
                REQUIRE(m.slice_floats(s) < end + 16);
            }
        }
}

// A boundary is the row boundary nearest to its place, so it is off by at most half a row.
TEST_CASE("shards hold the same number of floats, but for a row") {
    for (std::uint64_t seed = 0; seed < 200; ++seed)
        for (std::uint32_t shards = 1; shards <= shards_max; ++shards) {
            const shard_map m(drawn(seed), shards);
            const auto total = total_of(m.layout());
            std::size_t widest = 0;
            for (const auto& t : m.layout().tensors) widest = std::max(widest, t.width());
            double before = 0;
            for (std::uint32_t s = 0; s < shards; ++s) {
                INFO("seed " << seed << ", shard " << s << " of " << shards);
                const auto part = double(total) / shards;
                REQUIRE(std::fabs(double(held(m, s)) - part) <= double(widest) + 1);
                before += double(held(m, s));
                REQUIRE(std::fabs(before - part * (s + 1)) <= double(widest) / 2 + 1);
            }
            REQUIRE(before == double(total));
        }
}

TEST_CASE("the view of the slices is the whole tensors, in order and without gaps") {
    for (std::uint64_t seed = 0; seed < 60; ++seed)
        for (std::uint32_t shards = 1; shards <= shards_max; ++shards) {
            INFO("seed " << seed << ", " << shards << " shards");
            const shard_map m(drawn(seed), shards);
            auto all = numbered(m);
            const auto v = view_of<const float>(m, all);
            REQUIRE(v.tensors.size() == m.layout().tensors.size());
            REQUIRE(v.tables.empty());
            float next = 0;
            for (std::size_t t = 0; t < v.tensors.size(); ++t) {
                REQUIRE(v.tensors[t].rows == m.layout().tensors[t].rows());
                REQUIRE(v.tensors[t].width == m.layout().tensors[t].width());
                std::size_t row = 0;
                for (const auto& s : v.tensors[t].segments) {
                    REQUIRE(s.row_begin == row);
                    std::size_t others = 0;
                    for (const float* f = s.data; row < s.row_end; ++row)
                        for (std::size_t c = 0; c < v.tensors[t].width; ++c)
                            others += *f++ != next++ ? 1 : 0;
                    REQUIRE(others == 0);
                }
                REQUIRE(row == v.tensors[t].rows);
            }
            for (std::uint32_t s = 0; s < shards; ++s)  // and the gaps are nobody's
                REQUIRE(std::size_t(std::count(all[s].begin(), all[s].end(), -1.0f)) ==
                        m.slice_floats(s) - held(m, s));
        }
}

TEST_CASE("what is cut anew and back again is the same") {
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        for (std::uint32_t from = 1; from <= shards_max; ++from)
            for (std::uint32_t to : {1u, 2u, 5u, 16u, 17u}) {
                const shard_map a(drawn(seed), from);
                const shard_map b(drawn(seed), to);
                const auto copy = [](const parameters& source, const gradients& target) {
                    for (std::size_t t = 0; t < source.tensors.size(); ++t)
                        for (std::size_t r = 0; r < source.tensors[t].rows; ++r)
                            std::copy_n(source.tensors[t].row(r), source.tensors[t].width,
                                        target.tensors[t].row(r));
                };
                auto first = numbered(a);
                auto cut = empty_slices(b);
                auto back = empty_slices(a);
                copy(view_of<const float>(a, first), view_of<float>(b, cut));
                copy(view_of<const float>(b, cut), view_of<float>(a, back));
                INFO("seed " << seed << ", " << from << " shards to " << to << " and back");
                REQUIRE(cut == numbered(b));
                REQUIRE(back == first);
            }
}

TEST_CASE("more shards than rows leave shards empty, and no tensor leaves all of them empty") {
    model_layout l;
    l.tensors.push_back({"bias", {3}, {}});
    const shard_map few(l, 17);
    std::size_t holders = 0;
    for (std::uint32_t s = 0; s < 17; ++s) {
        holders += few.ranges(s).empty() ? 0 : 1;
        CHECK(few.slice_floats(s) == (few.ranges(s).empty() ? 0 : 16));
    }
    CHECK(holders == 3);
    const shard_map none({}, 4);
    for (std::uint32_t s = 0; s < 4; ++s) CHECK(none.slice_floats(s) == 0);
}

TEST_CASE("rows of a table spread evenly, whatever the pattern of their ids") {
    for (std::uint32_t shards = 2; shards <= shards_max; ++shards) {
        const shard_map m({}, shards);
        for (std::size_t table = 0; table < 4; ++table)
            for (std::uint64_t stride : {1ull, 2ull, 16ull, 17ull, 1'000ull, 1ull << 44}) {
                std::vector<double> seen(shards, 0);
                for (std::uint64_t k = 0; k < 20'000; ++k)
                    seen.at(m.shard_of(table, k * stride)) += 1;
                INFO(shards << " shards, table " << table << ", stride " << stride);
                CHECK(chi_square(seen) < chi_bound(shards));
            }
    }
}

TEST_CASE("where an id lies in one table says nothing about another table or its neighbour") {
    for (std::uint32_t shards : {2u, 3u, 8u, 17u}) {
        const shard_map m({}, shards);
        std::vector<double> tables(shards * shards, 0);
        std::vector<double> neighbours(shards * shards, 0);
        for (std::uint64_t id = 0; id < 60'000; ++id) {
            tables[m.shard_of(0, id) * shards + m.shard_of(1, id)] += 1;
            neighbours[m.shard_of(0, id) * shards + m.shard_of(0, id + 1)] += 1;
        }
        INFO(shards << " shards");
        CHECK(chi_square(tables) < chi_bound(shards * shards));
        CHECK(chi_square(neighbours) < chi_bound(shards * shards));
    }
}
