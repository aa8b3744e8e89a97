// A shard's rows against a map of rows that does one float at a time: the same bits, the same rows
// stored, in the same order.
#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "actors/table.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t run_seed = 11;
constexpr std::size_t table_index = 2;

table_spec spec_of(std::size_t width, init_kind kind = init_kind::uniform) {
    return {"rows", width, {kind, 0.5f}};
}

std::vector<float> gathered(const table& t, std::uint64_t id) {
    std::vector<float> row(t.width(), -7.0f);
    t.gather(id, row.data());
    return row;
}

std::vector<float> initial(const table_spec& s, std::uint64_t seed, std::size_t index,
                           std::uint64_t id) {
    std::vector<float> row;
    for (std::size_t c = 0; c < s.width; ++c)
        row.push_back(initial_value(s.init, seed, (1ull << 32) + index, id * s.width + c));
    return row;
}

/// The gradients of one item, and where they lie.
struct item_rows {
    std::vector<std::uint64_t> ids;
    std::vector<float> rows;
    float clip = 1;
};

std::vector<row_gradients> as_given(const std::vector<item_rows>& items) {
    std::vector<row_gradients> all;
    for (const auto& i : items) all.push_back({i.ids, i.rows.data(), i.clip});
    return all;
}

/// One row at a time, one float at a time, written from the comment above the optimizers.
class plain_rows {
public:
    plain_rows(table_spec spec, optimizer_settings optimizer)
        : spec_(std::move(spec)), optimizer_(optimizer) {}

    void apply(const step_scalars& scalars, const std::vector<item_rows>& items, float divisor) {
        std::vector<std::uint64_t> named;
        for (const auto& i : items)
            for (auto id : i.ids)
                if (std::find(named.begin(), named.end(), id) == named.end()) named.push_back(id);
        for (auto id : named) {
            if (!rows_.contains(id)) {
                order.push_back(id);
                rows_[id] = initial(spec_, run_seed, table_index, id);
                for (auto& s : state_) s[id] = std::vector<float>(spec_.width, 0.0f);
            }
            for (std::size_t c = 0; c < spec_.width; ++c)
                step(scalars, id, c, mean(items, id, c, divisor));
        }
    }

    table_rows all() const {
        table_rows out{order, {}, {}};
        out.state.resize(state_slots(optimizer_.kind));
        for (auto id : order) {
            const auto append = [&](const std::vector<float>& from, std::vector<float>& to) {
                to.insert(to.end(), from.begin(), from.end());
            };
            append(rows_.at(id), out.rows);
            for (std::size_t s = 0; s < out.state.size(); ++s)
                append(state_[s].at(id), out.state[s]);
        }
        return out;
    }

    std::vector<std::uint64_t> order;  ///< of the first updates

private:
    float mean(const std::vector<item_rows>& items, std::uint64_t id, std::size_t c,
               float divisor) const {
        std::vector<float> of_items;
        for (const auto& i : items) {
            std::vector<float> mentions;
            for (std::size_t k = 0; k < i.ids.size(); ++k)
                if (i.ids[k] == id) mentions.push_back(i.rows[k * spec_.width + c]);
            if (mentions.empty()) continue;
            float sum = mentions[0];
            for (std::size_t k = 1; k < mentions.size(); ++k) sum = sum + mentions[k];
            of_items.push_back(sum * i.clip);
        }
        float g = of_items[0];
        for (std::size_t k = 1; k < of_items.size(); ++k) g = g + of_items[k];
        return g / divisor;
    }

    void step(const step_scalars& by, std::uint64_t id, std::size_t c, float g) {
        const auto& o = optimizer_;
        float& w = rows_[id][c];
        if (o.kind == optimizer_kind::sgd) {
            w = w - by.learning_rate * g;
            return;
        }
        float& a = state_[0][id][c];
        if (o.kind == optimizer_kind::momentum) {
            a = o.momentum * a + g;
            w = w - by.learning_rate * a;
            return;
        }
        float& b = state_[1][id][c];  // adam
        a = o.beta1 * a + (1.0f - o.beta1) * g;
        b = o.beta2 * b + (1.0f - o.beta2) * (g * g);
        const float scale = std::sqrt(b / by.correction2) + o.epsilon;
        w = w - by.learning_rate * (a / by.correction1) / scale;
    }

    table_spec spec_;
    optimizer_settings optimizer_;
    std::map<std::uint64_t, std::vector<float>> rows_;
    std::map<std::uint64_t, std::vector<float>> state_[2];
};

bool same(const table_rows& a, const table_rows& b) {
    return a.ids == b.ids && a.rows == b.rows && a.state == b.state;
}

/// Few ids and many mentions; magnitudes so unlike that the order of a sum shows in its bits.
std::vector<item_rows> drawn(std::mt19937_64& r, std::size_t width) {
    std::vector<item_rows> items(1 + r() % 4);
    for (auto& i : items) {
        for (auto n = r() % 12; n > 0; --n) i.ids.push_back((r() % 9) * (1ull << 60) + r() % 2);
        for (std::size_t f = 0; f < i.ids.size() * width; ++f)
            i.rows.push_back(std::ldexp(float(int(r() % 2001) - 1000), -int(r() % 24)));
        if (r() % 2 == 0) i.clip = 0.1f * float(1 + r() % 9);
    }
    return items;
}

step_scalars scalars_of(std::uint64_t step) {
    return {0.01f, 1.0f - std::pow(0.9f, float(step)), 1.0f - std::pow(0.999f, float(step))};
}

optimizer_settings settings(optimizer_kind kind) {
    optimizer_settings o;
    o.kind = kind;
    return o;
}

const auto kinds = {optimizer_kind::sgd, optimizer_kind::momentum, optimizer_kind::adam};

}  // namespace

TEST_CASE("a row that was never updated is its initial value, whoever asks and in what order") {
    for (auto kind : {init_kind::zero, init_kind::uniform, init_kind::normal})
        for (std::size_t width : {1u, 3u, 16u}) {
            const auto spec = spec_of(width, kind);
            const table one(spec, table_index, run_seed, settings(optimizer_kind::sgd));
            const table other(spec, table_index, run_seed, settings(optimizer_kind::adam));
            const std::vector<std::uint64_t> ids{0, 1, 2, 77, 1ull << 40, ~0ull, ~0ull - 1};
            for (auto id : ids)
                REQUIRE(gathered(one, id) == initial(spec, run_seed, table_index, id));
            for (std::size_t k = ids.size(); k-- > 0;)
                REQUIRE(gathered(other, ids[k]) == gathered(one, ids[k]));
        }
}

TEST_CASE("tables, seeds and ids have initial values of their own") {
    const auto spec = spec_of(4);
    const table here(spec, 0, 1, settings(optimizer_kind::sgd));
    const table next(spec, 1, 1, settings(optimizer_kind::sgd));
    const table reseeded(spec, 0, 2, settings(optimizer_kind::sgd));
    for (std::uint64_t id = 0; id < 50; ++id) {
        CHECK(gathered(here, id) != gathered(next, id));
        CHECK(gathered(here, id) != gathered(reseeded, id));
        CHECK(gathered(here, id) != gathered(here, id + 1));
    }
}

TEST_CASE("a pull stores nothing, and the first update stores the row") {
    table t(spec_of(3), table_index, run_seed, settings(optimizer_kind::momentum));
    for (std::uint64_t id = 0; id < 100; ++id) gathered(t, id);
    CHECK(t.copy(true).ids.empty());
    const std::vector<float> g(9, 1.0f);
    const std::vector<row_gradients> items{{{42, 7, 42}, g.data(), 1}};
    t.apply({0.5f, 1, 1}, items, 1);
    CHECK(t.copy(true).ids == std::vector<std::uint64_t>{42, 7});
    CHECK(gathered(t, 41) == initial(spec_of(3), run_seed, table_index, 41));
    for (std::uint64_t id = 0; id < 100; ++id) gathered(t, id);
    CHECK(t.copy(true).ids.size() == 2);
}

TEST_CASE("rows are what plain floats make of them, to the bit") {
    for (auto kind : kinds)
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            std::mt19937_64 r(seed);
            const std::size_t width = 1 + r() % 5;
            table t(spec_of(width), table_index, run_seed, settings(kind));
            plain_rows plain(spec_of(width), settings(kind));
            for (std::uint64_t step = 1; step <= 30; ++step) {
                const auto items = drawn(r, width);
                const auto divisor = float(items.size());
                t.apply(scalars_of(step), as_given(items), divisor);
                plain.apply(scalars_of(step), items, divisor);
                INFO(to_string(kind) << ", seed " << seed << ", step " << step);
                REQUIRE(same(t.copy(true), plain.all()));
            }
            for (std::size_t k = 0; k < plain.order.size(); ++k) {
                const auto stored = plain.all().rows;
                const auto begin = stored.begin() + std::ptrdiff_t(k * width);
                REQUIRE(gathered(t, plain.order[k]) ==
                        std::vector<float>(begin, begin + std::ptrdiff_t(width)));
            }
        }
}

TEST_CASE("repeated ids of an item are summed in order before they are clipped") {
    table t(spec_of(1, init_kind::zero), table_index, run_seed, settings(optimizer_kind::sgd));
    // (2^24 + 1) + 1 stays 2^24 in float; 1 + 1 + 2^24 does not: the order shows.
    const std::vector<float> falls{0x1p24f, 1, 1};
    const std::vector<float> rises{1, 1, 0x1p24f};
    const std::vector<row_gradients> items{{{5, 5, 5}, falls.data(), 1},
                                           {{6, 6, 6}, rises.data(), 1}};
    t.apply({-1, 1, 1}, items, 1);
    CHECK(gathered(t, 5)[0] == 0x1p24f);
    CHECK(gathered(t, 6)[0] == 0x1p24f + 2);
    // Three times 0.1f, then the clip; each mention clipped would round otherwise.
    const float g = 0.1f;
    const std::vector<float> tenths{g, g, g};
    const std::vector<row_gradients> clipped{{{8, 8, 8}, tenths.data(), 0.3f}};
    t.apply({-1, 1, 1}, clipped, 1);
    CHECK(gathered(t, 8)[0] == ((g + g) + g) * 0.3f);
}

TEST_CASE("a row divides by the record's divisor, whoever named it") {
    table t(spec_of(1, init_kind::zero), table_index, run_seed, settings(optimizer_kind::sgd));
    const std::vector<float> two{2, 2};
    const std::vector<row_gradients> items{{{1, 2}, two.data(), 1}, {{2}, two.data(), 1}, {}};
    t.apply({-1, 1, 1}, items, 4);
    CHECK(gathered(t, 1)[0] == 0.5f);
    CHECK(gathered(t, 2)[0] == 1.0f);
    CHECK(t.copy(false).ids == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a table that is given another's rows goes on as that one") {
    for (auto kind : kinds) {
        std::mt19937_64 r(5);
        table t(spec_of(4), table_index, run_seed, settings(kind));
        for (std::uint64_t step = 1; step <= 10; ++step)
            t.apply(scalars_of(step), as_given(drawn(r, 4)), 2);
        table heir(spec_of(4), table_index, run_seed, settings(kind));
        heir.apply(scalars_of(1), as_given(drawn(r, 4)), 1);  // what it had is gone
        heir.assign(t.copy(true));
        CHECK(same(heir.copy(true), t.copy(true)));
        for (std::uint64_t step = 11; step <= 20; ++step) {
            const auto items = drawn(r, 4);
            t.apply(scalars_of(step), as_given(items), 3);
            heir.apply(scalars_of(step), as_given(items), 3);
        }
        INFO(to_string(kind));
        CHECK(same(heir.copy(true), t.copy(true)));
    }
}

TEST_CASE("a copy has state only where it is asked for") {
    std::mt19937_64 r(6);
    table t(spec_of(2), table_index, run_seed, settings(optimizer_kind::adam));
    for (std::uint64_t step = 1; step <= 5; ++step)
        t.apply(scalars_of(step), as_given(drawn(r, 2)), 1);
    const auto bare = t.copy(false);
    const auto whole = t.copy(true);
    CHECK(bare.ids == whole.ids);
    CHECK(bare.rows == whole.rows);
    CHECK(bare.state.empty());
    REQUIRE(whole.state.size() == 2);
    CHECK(whole.state[0].size() == whole.rows.size());
    CHECK(whole.state[1].size() == whole.rows.size());
}

TEST_CASE("a cleared table is a new one") {
    for (auto kind : kinds) {
        std::mt19937_64 r(7);
        table t(spec_of(3), table_index, run_seed, settings(kind));
        table fresh(spec_of(3), table_index, run_seed, settings(kind));
        t.apply(scalars_of(1), as_given(drawn(r, 3)), 1);
        t.clear();
        CHECK(same(t.copy(true), fresh.copy(true)));
        const auto items = drawn(r, 3);
        t.apply(scalars_of(1), as_given(items), 2);
        fresh.apply(scalars_of(1), as_given(items), 2);
        CHECK(same(t.copy(true), fresh.copy(true)));
    }
}
