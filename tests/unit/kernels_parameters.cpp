// Sums and checks over a gradient's memory, beside the plainest way to say the same.
#include "kernels/parameters.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/catch.hpp"

using namespace slackline;

TEST_CASE("one element that is not finite is found wherever it stands", "[parameters]") {
    using limits = std::numeric_limits<float>;
    const std::vector<float> finite{
        0.0f, -0.0f, 1.5f, limits::max(), limits::min(), limits::lowest(), limits::denorm_min()};
    const std::vector<float> others{limits::infinity(), -limits::infinity(), limits::quiet_NaN(),
                                    -limits::quiet_NaN(), limits::signaling_NaN()};
    std::mt19937_64 random(1);
    for (std::size_t n = 0; n < 40; ++n) {
        std::vector<float> v(n);
        for (auto& x : v) x = finite[random() % finite.size()];
        CHECK(all_finite(v.data(), n));
        for (std::size_t at = 0; at < n; ++at)
            for (const float other : others) {
                auto changed = v;
                changed[at] = other;
                REQUIRE_FALSE(all_finite(changed.data(), n));
            }
    }
}

TEST_CASE("a squared norm is the sum of squares, and tells what is not finite", "[parameters]") {
    std::mt19937_64 random(2);
    std::normal_distribution<float> normal;
    for (const std::size_t n : {0, 1, 7, 8, 9, 16, 1'000, 4'099}) {
        std::vector<float> v(n);
        long double sum = 0;
        for (auto& x : v) {
            x = normal(random);
            sum += static_cast<long double>(x) * x;
        }
        CHECK(squared_norm(v.data(), n) == Approx(static_cast<double>(sum)).epsilon(1e-13));
        if (n == 0) continue;
        v[n / 2] = std::numeric_limits<float>::max();  // its square is no float
        CHECK(std::isfinite(squared_norm(v.data(), n)));
        v[n / 2] = std::numeric_limits<float>::infinity();
        CHECK(std::isinf(squared_norm(v.data(), n)));
        v[n / 2] = std::numeric_limits<float>::quiet_NaN();
        CHECK(std::isnan(squared_norm(v.data(), n)));
    }
}
