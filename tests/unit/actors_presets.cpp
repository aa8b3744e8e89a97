// Each preset, run by the sequencer, against the published algorithm that it is named after: the
// same workers with the same computing times must make the same updates out of the same gradients,
// computed at the same points, and lose the same ones. All of it is compared exactly.
#include <fmt/format.h>

#include <cmath>
#include <random>

#include "kernels/mix.hpp"
#include "tests/catch.hpp"
#include "tests/unit/event_run.hpp"

using namespace slackline;

namespace {

/// Workers whose speeds differ up to a hundredfold, and each computation by a factor of 9.
published::world drawn(std::uint64_t seed, std::uint32_t window) {
    std::mt19937_64 r(seed);
    published::world w;
    w.workers = 1 + static_cast<std::uint32_t>(r() % 6);
    w.window = window;
    w.items = 40 + r() % 50;
    std::vector<double> mean(w.workers);
    for (auto& m : mean) m = std::pow(10.0, double(r() % 1000) / 500);
    w.ticks = [seed, mean](std::uint32_t worker, std::uint64_t nth) {
        const auto bits = mix64(mix64(seed * 1000 + worker) + nth);
        return 1 + static_cast<std::int64_t>(1e9 * mean[worker] *
                                             (0.2 + 1.6 * double(bits >> 11) * 0x1p-53));
    };
    return w;
}

struct totals {
    std::uint64_t updates = 0;
    std::uint64_t ignored = 0;
    std::uint64_t stopped = 0;
    std::uint64_t waits = 0;
    std::uint64_t stale = 0;  ///< gradients that were applied at a later point than their own
};

std::string told(const published::gradient& g) {
    return fmt::format(" item {} of worker {} at point {}", g.item, g.worker, g.point);
}

/// One line an update, then what was lost: so that a difference names itself.
std::vector<std::string> told(const published::run& r) {
    std::vector<std::string> lines;
    for (const auto& u : r.updates) {
        lines.emplace_back("update");
        for (const auto& g : u) lines.back() += told(g) + ";";
    }
    for (const auto* lost : {&r.ignored, &r.stopped})
        for (const auto& l : *lost) {
            const auto how = lost == &r.stopped ? "stopped" : "ignored";
            lines.push_back(fmt::format("{} at {}:{}", how, l.at, told(l.what)));
        }
    return lines;
}

void compare(const consistency_settings& rules, const published::world& w,
             const published::run& expected, totals& sum) {
    REQUIRE(check(rules, w.workers));
    REQUIRE(rules.window == w.window);
    event_run real(rules, w);
    real.run(100'000);
    REQUIRE(real.violation() == "");
    REQUIRE(real.finished());
    REQUIRE(told(real.seen()) == told(expected));
    sum.updates += expected.updates.size();
    sum.ignored += expected.ignored.size();
    sum.stopped += expected.stopped.size();
    sum.waits += expected.waits;
    for (std::uint64_t k = 0; k < expected.updates.size(); ++k)
        for (const auto& g : expected.updates[k]) sum.stale += g.point < k ? 1 : 0;
}

constexpr std::uint64_t seeds = 60;

}  // namespace

TEST_CASE("bsp is synchronous SGD") {
    const auto rules = *preset("bsp");
    totals sum;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        INFO("seed " << seed);
        const auto w = drawn(seed, 1);
        compare(rules, w, published::synchronous(w), sum);
    }
    CHECK(sum.stale + sum.ignored + sum.stopped == 0);
}

TEST_CASE("backup takes the first m of a step and drops the others") {
    auto rules = *preset("backup");
    totals sum;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto w = drawn(seed, 1);
        for (std::uint32_t m = 1; m <= w.workers; ++m) {
            INFO("seed " << seed << ", m " << m);
            rules.aggregate = m;
            compare(rules, w, published::backup(w, m), sum);
        }
    }
    CHECK(sum.ignored > 0);
    CHECK(sum.stale + sum.stopped == 0);
}

TEST_CASE("the backup preset as it stands takes the first gradient of a step") {
    const auto rules = *preset("backup");
    REQUIRE(rules.aggregate == 1);
    totals sum;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        INFO("seed " << seed);
        const auto w = drawn(seed, 1);
        const auto expected = published::backup(w, 1);
        compare(rules, w, expected, sum);
        if (w.workers == 1) CHECK(expected.ignored.empty());
    }
}

TEST_CASE("rennala gathers m gradients of the current point") {
    auto rules = *preset("rennala");
    REQUIRE(rules.aggregate == 4);
    totals sum;
    std::uint64_t twice = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto w = drawn(seed, 1);
        for (std::uint32_t m : {4u, 1u, 2u, 7u}) {
            INFO("seed " << seed << ", m " << m);
            rules.aggregate = m;
            const auto expected = published::rennala(w, m);
            compare(rules, w, expected, sum);
            for (const auto& u : expected.updates) twice += u.size() > w.workers ? 1 : 0;
        }
    }
    CHECK(sum.ignored > 0);
    CHECK(sum.stale + sum.stopped == 0);
    CHECK(twice > 0);  // a fast worker stands in an update more than once
}

TEST_CASE("ssp lets no worker start further than s clocks above the slowest") {
    const auto rules = *preset("ssp");
    REQUIRE(rules.slack == 3u);
    totals sum;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        for (std::uint32_t window : {rules.window, 1u, 3u})
            for (std::uint32_t s : {3u, 0u, 1u}) {
                INFO("seed " << seed << ", window " << window << ", s " << s);
                auto c = rules;
                c.window = window;
                c.slack = s;
                const auto w = drawn(seed, window);
                compare(c, w, published::ssp(w, s), sum);
            }
    CHECK(sum.waits > 0);
    CHECK(sum.stale > 0);
    CHECK(sum.ignored + sum.stopped == 0);
}

TEST_CASE("bounded wastes nothing and applies nothing over the bound") {
    const auto rules = *preset("bounded");
    REQUIRE(rules.staleness == 8u);
    totals sum;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        for (std::uint32_t window : {rules.window, 1u})
            for (std::uint32_t bound : {8u, 1u, 2u, 4u}) {
                INFO("seed " << seed << ", window " << window << ", bound " << bound);
                auto c = rules;
                c.window = window;
                c.staleness = bound;
                const auto w = drawn(seed, window);
                // How windows shrink that do not fit under the bound is not any paper's.
                if (window > 1 && w.workers * window > bound + 1) continue;
                compare(c, w, published::bounded(w, bound), sum);
            }
    CHECK(sum.waits > 0);
    CHECK(sum.stale > 0);
    CHECK(sum.ignored + sum.stopped == 0);
}

TEST_CASE("ringmaster ignores what is delayed by the threshold, and stops its computation") {
    const auto rules = *preset("ringmaster");
    REQUIRE(rules.staleness == 7u);
    totals with_stops;
    totals without;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        for (std::uint32_t window : {rules.window, 1u})
            for (std::uint32_t threshold : {8u, 1u, 2u, 5u})
                for (bool stops : {true, false}) {
                    INFO("seed " << seed << ", window " << window << ", threshold " << threshold
                                 << ", stops " << stops);
                    auto c = rules;
                    c.window = window;
                    c.staleness = threshold - 1;
                    c.cancel_late = stops;
                    const auto w = drawn(seed, window);
                    compare(c, w, published::ringmaster(w, threshold, stops),
                            stops ? with_stops : without);
                }
    CHECK(with_stops.stopped > 0);
    CHECK(with_stops.ignored == 0);  // nothing that old is left to arrive
    CHECK(without.ignored > 0);
    CHECK(without.stopped == 0);
    CHECK(with_stops.stale > 0);
}

TEST_CASE("async applies every gradient at once") {
    const auto rules = *preset("async");
    totals sum;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        for (std::uint32_t window : {rules.window, 1u, 4u}) {
            INFO("seed " << seed << ", window " << window);
            auto c = rules;
            c.window = window;
            const auto w = drawn(seed, window);
            compare(c, w, published::asynchronous(w), sum);
        }
    CHECK(sum.stale > 0);
    CHECK(sum.ignored + sum.stopped == 0);
}
