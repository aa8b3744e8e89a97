// Activations and derivatives against their formulas and differences, in double.
#include "kernels/activation.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;

namespace {

struct known {
    const char* name;
    activation_kind kind;
    std::function<double(double)> f;
};

const std::vector<known>& all_known() {
    static const std::vector<known> all = {
        {"identity", activation_kind::identity, [](double z) { return z; }},
        {"relu", activation_kind::relu, [](double z) { return std::max(z, 0.0); }},
        {"tanh", activation_kind::tanh, [](double z) { return 1 - 2 / (std::exp(2 * z) + 1); }},
        {"sigmoid", activation_kind::sigmoid, [](double z) { return 1 / (1 + std::exp(-z)); }},
        // Equation 2 of Hendrycks and Gimpel, as z sigmoid(2 u), for (1 + tanh u) / 2 is that.
        {"gelu", activation_kind::gelu, [](double z) {
             const double u = std::sqrt(2 / std::acos(-1.0)) * (z + 0.044715 * z * z * z);
             return z / (1 + std::exp(-2 * u));
         }}};
    return all;
}

/// From -20 to 20 in odd steps that miss relu's kink by more than a difference's step.
std::vector<float> inputs() {
    std::vector<float> z;
    for (int i = -571; i <= 571; ++i) z.push_back(0.035f * static_cast<float>(i) + 0.0021f);
    return z;
}

std::vector<float> activated(activation_kind kind, const std::vector<float>& z) {
    std::vector<float> y(z.size(), test::not_a_number);
    activate(kind, z, y);
    return y;
}

}  // namespace

// A handful of operations, each of a rounding, on numbers up to the size of z; tanh and exp of the
// C library are within a rounding or two.
TEST_CASE("activations are their formulas", "[kernels]") {
    const auto z = inputs();
    for (const known& k : all_known()) {
        INFO(k.name);
        const auto y = activated(k.kind, z);
        for (std::size_t i = 0; i < z.size(); ++i) {
            INFO("z " << z[i]);
            const double size = std::max(1.0f, std::fabs(z[i]));
            CHECK(std::fabs(y[i] - k.f(z[i])) <= 8 * test::rounding * size);
        }
        auto in_place = z;
        activate(k.kind, in_place, in_place);
        CHECK(in_place == y);
    }
}

// The differences are good to 1e-9. A derivative from y carries y's rounding; gelu's product of
// z and 1 + 3 b z^2 with 1 - t^2 magnifies the rounding of t where |z| is about 5.
TEST_CASE("derivatives are the activations' slopes, times what was there", "[kernels]") {
    const auto z = inputs();
    const double step = 1e-5;
    for (const known& k : all_known()) {
        INFO(k.name);
        CHECK(needs_input(k.kind) == (k.kind == activation_kind::gelu));
        const auto from = needs_input(k.kind) ? z : activated(k.kind, z);
        const float before = -1.5f;
        std::vector<float> d(z.size(), before);
        activate_backward(k.kind, from, d);
        for (std::size_t i = 0; i < z.size(); ++i) {
            INFO("z " << z[i]);
            const double slope = (k.f(z[i] + step) - k.f(z[i] - step)) / (2 * step);
            const double size = k.kind == activation_kind::gelu ? 16 : 4;
            CHECK(std::fabs(d[i] - before * slope) <= size * test::rounding + 2e-9);
        }
    }
}

TEST_CASE("relu is 0 at 0, and so is its derivative", "[kernels]") {
    const std::vector<float> z = {0.0f, -0.0f, 1e-30f, -1e-30f};
    CHECK(activated(activation_kind::relu, z) == std::vector<float>{0, 0, 1e-30f, 0});
    std::vector<float> d(4, 2.0f);
    activate_backward(activation_kind::relu, activated(activation_kind::relu, z), d);
    CHECK(d == std::vector<float>{0, 0, 2, 0});
}

TEST_CASE("activations of large inputs reach their limits and stay finite", "[kernels]") {
    const std::vector<float> z = {-1e10f, -1000, 1000, 1e10f};
    CHECK(activated(activation_kind::tanh, z) == std::vector<float>{-1, -1, 1, 1});
    CHECK(activated(activation_kind::sigmoid, z) == std::vector<float>{0, 0, 1, 1});
    CHECK(activated(activation_kind::gelu, z) == std::vector<float>{0, 0, 1000, 1e10f});
    std::vector<float> d(4, 1.0f);
    activate_backward(activation_kind::gelu, z, d);
    CHECK(d == std::vector<float>{0, 0, 1, 1});
    for (const auto kind : {activation_kind::tanh, activation_kind::sigmoid}) {
        d.assign(4, 1.0f);
        activate_backward(kind, activated(kind, z), d);
        CHECK(d == std::vector<float>{0, 0, 0, 0});
    }
}

TEST_CASE("activations are known by name, and others refused with the known ones", "[kernels]") {
    for (const known& k : all_known()) CHECK(activation_from(k.name) == k.kind);
    for (const char* name : {"", "ReLU", "swish"}) {
        INFO(name);
        try {
            activation_from(name);
            FAIL("taken");
        } catch (const std::invalid_argument& refused) {
            const std::string sentence = refused.what();
            INFO(sentence);
            CHECK(sentence.find("'" + std::string(name) + "'") != std::string::npos);
            for (const known& k : all_known()) CHECK(sentence.find(k.name) != std::string::npos);
        }
    }
}
