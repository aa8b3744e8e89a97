// What every optimizer promises beside its formula: the same bits however an apply is cut or
// placed, and momentum's published recurrences.
#include <algorithm>
#include <array>
#include <utility>

#include "kernels/optimizer.hpp"
#include "tests/catch.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;
using test::numbers;

namespace {

constexpr std::size_t n = 67;
constexpr std::array kinds = {optimizer_kind::sgd,      optimizer_kind::momentum,
                              optimizer_kind::nesterov, optimizer_kind::adagrad,
                              optimizer_kind::rmsprop,  optimizer_kind::adam,
                              optimizer_kind::adamw,    optimizer_kind::ftrl};

optimizer_settings settings_of(optimizer_kind kind) {
    optimizer_settings s;
    s.kind = kind;
    s.weight_decay = 0.01f;
    s.l1 = 0.2f;
    return s;
}

/// Parameters with their state; the state of a squared gradient is not negative.
struct held {
    std::vector<float> w, a, b;

    explicit held(numbers& draw) : w(draw.many(n)), a(draw.many(n, 0, 1)), b(draw.many(n, 0, 1)) {}
    bool operator==(const held&) const = default;
};

/// Two slices, of which the second is clipped.
struct payload {
    std::vector<float> first, second;

    explicit payload(numbers& draw) : first(draw.many(n)), second(draw.many(n)) {}
};

/// Applies p to the parameters [begin, end) of h, in place.
void apply_part(const optimizer_settings& s, const payload& p, held& h, std::size_t begin,
                std::size_t end) {
    const weighted_slice slices[] = {{p.first.data() + begin, 1.0f},
                                     {p.second.data() + begin, 0.3f}};
    float* const state[] = {h.a.data() + begin, h.b.data() + begin};
    float* const w = h.w.data() + begin;
    apply(s, step_scalars_at(s, 0.1f, 3), slices, 2.0f, end - begin, w, w,
          std::span(state).first(state_slots(s.kind)));
}

}  // namespace

// A table's rows are applied one at a time, and a shard's slice ends wherever it was cut.
TEST_CASE("an apply gives the same bits in one pass, in rows and in odd parts", "[kernels]") {
    for (const auto kind : kinds) {
        INFO(to_string(kind));
        numbers draw(11);
        const held start(draw);
        const payload p(draw);
        const optimizer_settings s = settings_of(kind);
        held whole = start;
        apply_part(s, p, whole, 0, n);
        CHECK_FALSE(whole.w == start.w);
        for (const std::size_t length : {1u, 3u, 16u, 17u}) {
            INFO("parts of " << length);
            held parts = start;
            for (std::size_t at = 0; at < n; at += length)
                apply_part(s, p, parts, at, std::min(at + length, n));
            CHECK(parts == whole);
        }
    }
}

TEST_CASE("an apply touches its own parameters and state only", "[kernels]") {
    for (const auto kind : kinds) {
        INFO(to_string(kind));
        numbers draw(12);
        const held start(draw);
        const payload p(draw);
        held h = start;
        apply_part(settings_of(kind), p, h, 5, 42);
        for (std::size_t i = 0; i < n; ++i) {
            if (i >= 5 && i < 42) continue;
            CHECK(h.w[i] == start.w[i]);
            CHECK(h.a[i] == start.a[i]);
            CHECK(h.b[i] == start.b[i]);
        }
    }
}

TEST_CASE("an apply reads `in` and writes `out`, with the bits of one in place", "[kernels]") {
    for (const auto kind : kinds) {
        INFO(to_string(kind));
        numbers draw(13);
        const held start(draw);
        const payload p(draw);
        const optimizer_settings s = settings_of(kind);
        held in_place = start;
        held apart = start;
        std::vector<float> out(n, test::not_a_number);
        const weighted_slice one{p.first.data(), 1.0f};
        for (held* h : {&in_place, &apart}) {
            float* const state[] = {h->a.data(), h->b.data()};
            apply(s, step_scalars_at(s, 0.1f, 1), {&one, 1}, 1.0f, n, h->w.data(),
                  h == &apart ? out.data() : h->w.data(),
                  std::span(state).first(state_slots(kind)));
        }
        CHECK(apart.w == start.w);
        CHECK(out == in_place.w);
        CHECK(apart.a == in_place.a);
        CHECK(apart.b == in_place.b);
    }
}

// The one slice of most applies takes a path of its own; zeros beside it lead to the common one.
TEST_CASE("one slice as it is gives the bits of that slice and zeros", "[kernels]") {
    for (const auto kind : kinds) {
        INFO(to_string(kind));
        numbers draw(14);
        const held start(draw);
        const payload p(draw);
        const std::vector<float> zeros(n);
        const weighted_slice slices[] = {{p.first.data(), 1.0f}, {zeros.data(), 1.0f}};
        held one = start;
        held two = start;
        for (held* h : {&one, &two}) {
            float* const state[] = {h->a.data(), h->b.data()};
            const optimizer_settings s = settings_of(kind);
            apply(s, step_scalars_at(s, 0.1f, 3), std::span(slices).first(h == &one ? 1 : 2), 1.0f,
                  n, h->w.data(), h->w.data(), std::span(state).first(state_slots(kind)));
        }
        CHECK(one == two);
    }
}

TEST_CASE("slices are summed in their order", "[kernels]") {
    const float big = 0x1p30f;  // a unit is lost beside it
    const float minus_big = -big;
    const float unit = 1;
    const optimizer_settings s;
    const auto moved_by = [&](std::initializer_list<const float*> order) {
        std::vector<weighted_slice> slices;
        for (const float* g : order) slices.push_back({g, 1.0f});
        float w = 0;
        apply(s, {1.0f, 1, 1}, slices, 1.0f, 1, &w, &w, {});
        return w;
    };
    CHECK(moved_by({&big, &minus_big, &unit}) == -1.0f);
    CHECK(moved_by({&big, &unit, &minus_big}) == 0.0f);
}

TEST_CASE("an apply without slices or parameters changes nothing", "[kernels]") {
    const optimizer_settings s;
    float w = 0.5f;
    apply(s, {1.0f, 1, 1}, {}, 1.0f, 1, &w, &w, {});
    CHECK(w == 0.5f);
    const weighted_slice none{nullptr, 1.0f};
    apply(s, {1.0f, 1, 1}, {&none, 1}, 1.0f, 0, nullptr, nullptr, {});
}

// At one learning rate: Polyak 1964, equation 9, and Sutskever et al. 2013, equations 3 and 4,
// where the parameter that we keep is the point looked ahead to, theta + mu v.
TEST_CASE("momentum and nesterov are the published recurrences", "[kernels]") {
    const double lr = 0.125;
    optimizer_settings s;
    s.momentum = 0.75f;  // both exact in a float
    for (const bool ahead : {false, true}) {
        s.kind = ahead ? optimizer_kind::nesterov : optimizer_kind::momentum;
        float w = 1;
        float m = 0;
        float* const state[] = {&m};
        double x = 1, x_before = 1;
        double theta = 1, v = 0;
        for (int step = 0; step < 100; ++step) {
            const float g = w * w * w - 0.5f * w;  // the slope of w^4 / 4 - w^2 / 4
            const weighted_slice one{&g, 1.0f};
            apply(s, step_scalars_at(s, static_cast<float>(lr), 1), {&one, 1}, 1, 1, &w, &w, state);
            const double now = ahead ? theta + 0.75 * v : x;
            const double slope = now * now * now - 0.5 * now;
            const double x_next = x - lr * slope + 0.75 * (x - x_before);
            x_before = std::exchange(x, x_next);
            v = 0.75 * v - lr * slope;
            theta += v;
            // The valley at sqrt(1/2) pulls roundings back; 100 of them are a wide bound.
            CHECK(std::fabs(w - (ahead ? theta + 0.75 * v : x)) <= 100 * test::rounding);
        }
    }
}
