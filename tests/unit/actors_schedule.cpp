// Learning rates against their formulas, each written another way than the code's.
#include <cmath>
#include <limits>
#include <numbers>

#include "actors/schedule.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

schedule of(schedule_kind kind, double rate, std::uint64_t warmup, std::uint64_t total) {
    schedule s;
    s.kind = kind;
    s.rate = rate;
    s.warmup_items = warmup;
    s.items_total = total;
    return s;
}

bool near(double got, double expected) {
    return std::fabs(got - expected) <= 1e-12 * std::fabs(expected) + 1e-15;
}

}  // namespace

TEST_CASE("a constant rate stays") {
    const auto s = of(schedule_kind::constant, 0.25, 0, 100);
    for (std::uint64_t k : {0ull, 1ull, 99ull, 100ull, 1'000'000'000'000ull})
        CHECK(learning_rate(s, k) == 0.25);
}

TEST_CASE("warm-up adds the same part of the rate with every item") {
    for (auto kind : {schedule_kind::constant, schedule_kind::step, schedule_kind::cosine})
        for (std::uint64_t warmup : {1u, 2u, 7u, 100u}) {
            auto s = of(kind, 0.8, warmup, 1'000);
            s.step_items = 10;
            double sum = 0;
            for (std::uint64_t k = 0; k < warmup; ++k) {
                sum += 0.8 / double(warmup);
                INFO("warm-up " << warmup << ", item " << k);
                CHECK(near(learning_rate(s, k), sum));
            }
            CHECK(near(learning_rate(s, warmup), 0.8));  // the schedule proper begins at its top
        }
}

TEST_CASE("a step rate is multiplied by the factor every so many items after the warm-up") {
    for (std::uint64_t warmup : {0u, 5u})
        for (std::uint64_t every : {1u, 3u, 50u})
            for (double factor : {0.1, 0.5, 0.97, 1.0}) {
                auto s = of(schedule_kind::step, 0.4, warmup, 300);
                s.step_items = every;
                s.factor = factor;
                double rate = 0.4;
                for (std::uint64_t k = 0; k < 300; ++k) {
                    if (k > 0 && k % every == 0) rate *= factor;
                    INFO("every " << every << ", factor " << factor << ", item " << k);
                    REQUIRE(near(learning_rate(s, warmup + k), rate));
                }
            }
}

TEST_CASE("a step rate without a step length stays") {
    const auto s = of(schedule_kind::step, 0.4, 2, 300);
    for (std::uint64_t k : {2u, 3u, 299u, 5'000u}) CHECK(learning_rate(s, k) == 0.4);
}

// rate and final are the ends of half a cosine: final + (rate - final) * cos^2(pi * part / 2).
TEST_CASE("a cosine rate falls from its top to its end and stays there") {
    for (std::uint64_t warmup : {0u, 1u, 20u})
        for (double final_rate : {0.0, 0.001, 0.3}) {
            const std::uint64_t total = 220;
            auto s = of(schedule_kind::cosine, 0.3, warmup, total);
            s.final_rate = final_rate;
            double before = std::numeric_limits<double>::infinity();
            for (std::uint64_t k = warmup; k < total; ++k) {
                const double part = double(k - warmup) / double(total - warmup);
                const double c = std::cos(part * std::numbers::pi / 2);
                INFO("warm-up " << warmup << ", final " << final_rate << ", item " << k);
                REQUIRE(near(learning_rate(s, k), final_rate + (0.3 - final_rate) * c * c));
                if (final_rate < 0.3) REQUIRE(learning_rate(s, k) < before);
                before = learning_rate(s, k);
            }
            CHECK(learning_rate(s, warmup) == 0.3);
            for (std::uint64_t k : {total, total + 1, total * 1'000})
                CHECK(near(learning_rate(s, k), final_rate));
        }
}

TEST_CASE("a cosine whose warm-up is the whole run has a rate all the same") {
    for (std::uint64_t warmup : {10u, 15u}) {
        auto s = of(schedule_kind::cosine, 0.2, warmup, 10);
        s.final_rate = 0.02;
        CHECK(learning_rate(s, warmup) == 0.2);
        CHECK(near(learning_rate(s, warmup + 1), 0.02));
    }
}

TEST_CASE("schedules are found by name") {
    CHECK(*schedule_kind_from("constant") == schedule_kind::constant);
    CHECK(*schedule_kind_from("step") == schedule_kind::step);
    CHECK(*schedule_kind_from("cosine") == schedule_kind::cosine);
    const auto none = schedule_kind_from("linear");
    REQUIRE_FALSE(none);
    CHECK(none.error().code == failure_code::usage);
    for (const auto* word : {"'linear'", "constant", "step", "cosine"})
        CHECK(none.error().sentence.find(word) != std::string::npos);
}
