// The normal quantile against printed values and against the distribution function it inverts.
#include "kernels/normal_quantile.hpp"

#include <cmath>
#include <utility>

#include "tests/catch.hpp"

using slackline::normal_quantile;

namespace {

/// AS 241's PPND7 promises about one part in 10^7.
constexpr double relative = 2e-7;

/// The normal distribution function, by the C library.
double below(double x) {
    return std::erfc(-x / std::sqrt(2.0)) / 2;
}

double density(double x) {
    return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
}

}  // namespace

TEST_CASE("the normal quantile gives the printed values", "[kernels]") {
    const std::pair<double, double> printed[] = {
        {0.75, 0.6744897501960817},  {0.9, 1.2815515655446004},   {0.95, 1.6448536269514722},
        {0.975, 1.959963984540054},  {0.99, 2.3263478740408408},  {0.995, 2.5758293035489004},
        {0.999, 3.090232306167813},  {0.9999, 3.719016485455709}, {1e-3, -3.090232306167813},
        {1e-6, -4.753424308822899},  {1e-9, -5.997807015007773},  {1e-10, -6.361340902404056},
        {1e-12, -7.034483825301131}, {1e-15, -7.941345326170998}, {0.025, -1.959963984540054}};
    for (const auto& [p, x] : printed) {
        INFO("p " << p);
        CHECK(std::fabs(normal_quantile(p) - x) <= relative * std::fabs(x));
    }
    CHECK(normal_quantile(0.5) == 0);
}

// An error dx of the quantile is an error density(x) dx of the probability.
TEST_CASE("the normal quantile inverts the distribution, through all its pieces", "[kernels]") {
    double before = -100;
    const auto check = [&](double p) {
        INFO("p " << p);
        const double x = normal_quantile(p);
        CHECK(x > before);
        before = x;
        const double dx = (below(x) - p) / density(x);
        CHECK(std::fabs(dx) <= relative * std::fabs(x) + 1e-15);
    };
    for (double p = 0x1p-200; p < 0x1p-7; p *= 1.5) check(p);  // r = 5 lies at p = e^-25
    for (int i = 1; i < 1000; ++i) check(0.0134 + i / 1020.0);
}

TEST_CASE("the normal quantile is odd about one half", "[kernels]") {
    for (int i = 1; i < 512; ++i) {
        const double p = i / 1024.0;  // 1 - p is exact
        CHECK(normal_quantile(1 - p) == -normal_quantile(p));
    }
    CHECK(normal_quantile(0x1p-53) == -normal_quantile(1 - 0x1p-53));
}

// Where initial values begin and end. 2e-7 of x is 2e-7 x density(x) / p = 1.4e-5 of p there.
TEST_CASE("the normal quantile of the outermost cells of 2^52 is about 8.2", "[kernels]") {
    CHECK(below(normal_quantile(0x1p-53)) == Approx(0x1p-53).epsilon(1.5e-5));
}
