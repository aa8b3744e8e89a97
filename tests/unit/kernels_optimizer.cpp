// Every optimizer against its published formula, in double, with moments as sums over all past
// gradients in place of the product's running ones.
#include "kernels/optimizer.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;
using test::numbers;

namespace {

constexpr std::size_t steps = 100;
constexpr std::size_t n = 37;  // vectors of any width, and a rest

/// The past of one parameter: its values, gradients and learning rates, the newest last.
struct past {
    std::vector<double> w, g, lr;

    /// sum over i of decay^(t - i) * g_i^power
    double sum(double decay, int power) const {
        double total = 0;
        double weight = 1;
        for (std::size_t i = g.size(); i-- > 0; weight *= decay)
            total += weight * std::pow(g[i], power);
        return total;
    }
};

/// McMahan et al. 2013, section 2: the w that minimises  g(1:t) w + 1/2 sum sigma_s (w - w_s)^2
/// + l1 |w| + l2/2 w^2, found by bisection of its slope. Algorithm 1's beta is l2 of beta / alpha.
double ftrl_minimum(const optimizer_settings& s, const past& p) {
    double linear = 0;
    double curvature = s.ftrl_beta / p.lr.back() + s.l2;
    double squares = 0;
    for (std::size_t i = 0; i < p.g.size(); ++i) {
        const double before = std::sqrt(squares);
        squares += p.g[i] * p.g[i];
        const double sigma = (std::sqrt(squares) - before) / p.lr[i];
        linear += p.g[i] - sigma * p.w[i];
        curvature += sigma;
    }
    double low = -1000;
    double high = 1000;
    for (int halvings = 0; halvings < 90; ++halvings) {
        const double middle = (low + high) / 2;
        const double slope = linear + curvature * middle + (middle > 0 ? s.l1 : -s.l1);
        (slope > 0 ? high : low) = middle;
    }
    return (low + high) / 2;
}

/// Kingma and Ba 2015, algorithm 1, with equation 4's sums.
double adam_move(const optimizer_settings& s, const past& p) {
    const double beta1 = s.beta1, beta2 = s.beta2;
    const auto t = static_cast<double>(p.g.size());
    const double mean = (1 - beta1) * p.sum(beta1, 1) / (1 - std::pow(beta1, t));
    const double square = (1 - beta2) * p.sum(beta2, 2) / (1 - std::pow(beta2, t));
    return p.lr.back() * mean / (std::sqrt(square) + s.epsilon);
}

double next(const optimizer_settings& s, const past& p) {
    const double w = p.w.back(), g = p.g.back(), lr = p.lr.back(), mu = s.momentum, rho = s.rho;
    switch (s.kind) {
        case optimizer_kind::sgd:
            return w - lr * g;
        case optimizer_kind::momentum:
            return w - lr * p.sum(mu, 1);
        case optimizer_kind::nesterov:
            return w - lr * (g + mu * p.sum(mu, 1));
        case optimizer_kind::adagrad:
            return w - lr / (std::sqrt(p.sum(1, 2)) + s.epsilon) * g;
        case optimizer_kind::rmsprop:
            return w - lr / (std::sqrt((1 - rho) * p.sum(rho, 2)) + s.epsilon) * g;
        case optimizer_kind::adam:
            return w - adam_move(s, p);
        case optimizer_kind::adamw:  // Loshchilov and Hutter 2019, algorithm 2
            return w * (1 - lr * s.weight_decay) - adam_move(s, p);
        case optimizer_kind::ftrl:
            return ftrl_minimum(s, p);
    }
    return 0;
}

/// One apply: one to three slices with or without clips and divisor; or plainly one, as it is.
struct update {
    std::vector<std::vector<float>> gradients_of;
    std::vector<weighted_slice> slices;
    float divisor = 1;

    update(numbers& draw, bool plain) {
        const std::size_t count = plain ? 1 : 1 + draw.below(3);
        for (std::size_t k = 0; k < count; ++k) gradients_of.push_back(draw.many(n));
        for (const auto& g : gradients_of)
            slices.push_back({g.data(), plain || draw.below(2) == 0 ? 1.0f : draw.between(0.1, 1)});
        if (!plain && draw.below(2) == 0) divisor = draw.between(0.5, 4);
    }
    double mean(std::size_t i) const {
        double sum = 0;
        for (const auto& s : slices) sum += static_cast<double>(s.gradient[i]) * s.clip;
        return sum / divisor;
    }
};

/// How far product and reference ever were apart, and the largest value that either took.
struct comparison {
    double distance = 0;
    double largest = 0;
    std::size_t zeros = 0;  ///< parameters that ended at 0
};

/// The rate falls from step to step, but for ftrl, whose published form has one rate for the run.
float rate(optimizer_kind kind, std::size_t step) {
    return kind == optimizer_kind::ftrl ? 0.1f : 0.1f / (1 + 0.01f * static_cast<float>(step));
}

comparison compare(const optimizer_settings& s, bool plain) {
    numbers draw(7000 + static_cast<std::uint64_t>(s.kind));
    std::vector<float> w = draw.many(n), out(n), a(n), b(n);
    std::vector<past> pasts(n);
    for (std::size_t i = 0; i < n; ++i) pasts[i].w.push_back(w[i]);
    float* const state[] = {a.data(), b.data()};
    const bool decays = s.kind != optimizer_kind::adamw;
    comparison seen;
    for (std::size_t t = 1; t <= steps; ++t) {
        const update u(draw, plain);
        const float lr = rate(s.kind, t);
        apply(s, step_scalars_at(s, lr, t), u.slices, u.divisor, n, w.data(), out.data(),
              std::span(state).first(state_slots(s.kind)));
        w.swap(out);
        for (std::size_t i = 0; i < n; ++i) {
            past& p = pasts[i];
            p.g.push_back(u.mean(i) + (decays ? s.weight_decay * p.w.back() : 0));
            p.lr.push_back(lr);
            p.w.push_back(next(s, p));
            seen.distance = std::max(seen.distance, std::fabs(w[i] - p.w.back()));
            seen.largest = std::max(seen.largest, std::fabs(p.w.back()));
        }
    }
    for (const float x : w) seen.zeros += x == 0 ? 1 : 0;
    return seen;
}

/// No constant at its default, so that one in another's place is seen.
optimizer_settings settings_of(optimizer_kind kind) {
    optimizer_settings s;
    s.kind = kind;
    s.momentum = 0.8f;
    s.rho = 0.7f;
    s.beta1 = 0.85f;
    s.beta2 = 0.95f;
    s.epsilon = 0.01f;
    s.ftrl_beta = 1.5f;
    return s;
}

/// A step rounds a parameter once or twice, by `rounding` of its size each; the roundings before
/// reach it shrunk by the learning rate. One for each step holds: half of them cancel.
void check_against_formula(const optimizer_settings& s) {
    for (const bool plain : {true, false}) {
        INFO((plain ? "one slice as it is" : "slices with clips and a divisor"));
        const comparison seen = compare(s, plain);
        CHECK(seen.largest < 100);
        CHECK(seen.distance <= steps * test::rounding * std::max(1.0, seen.largest));
    }
}

}  // namespace

TEST_CASE("each optimizer follows its published formula for 100 steps", "[kernels]") {
    for (const auto kind : {optimizer_kind::sgd, optimizer_kind::momentum, optimizer_kind::nesterov,
                            optimizer_kind::adagrad, optimizer_kind::rmsprop, optimizer_kind::adam,
                            optimizer_kind::adamw}) {
        optimizer_settings s = settings_of(kind);
        for (const float decay : {0.0f, 0.05f}) {
            s.weight_decay = decay;
            INFO(to_string(kind) << ", weight decay " << decay);
            check_against_formula(s);
        }
    }
}

TEST_CASE("adam with its published constants follows its formula", "[kernels]") {
    optimizer_settings s;
    s.kind = optimizer_kind::adam;
    check_against_formula(s);
}

TEST_CASE("ftrl gives the minimum that defines it, zeros included", "[kernels]") {
    optimizer_settings s = settings_of(optimizer_kind::ftrl);
    check_against_formula(s);
    s.l2 = 0.5f;
    check_against_formula(s);
    s.l1 = 3;
    check_against_formula(s);
    const comparison seen = compare(s, true);
    CHECK(seen.zeros > 0);
    CHECK(seen.zeros < n);
}
