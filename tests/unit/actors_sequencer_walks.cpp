#include "tests/catch.hpp"
#include "tests/unit/sequencer_walk.hpp"

using namespace slackline;

namespace {

template <class T>
T one_of(std::mt19937_64& r, std::vector<T> values) {
    return values[r() % values.size()];
}

walk_settings drawn(std::uint64_t seed) {
    std::mt19937_64 r(seed ^ 0x5eed);
    walk_settings w;
    w.seed = seed;
    w.workers = 1 + static_cast<std::uint32_t>(r() % 6);
    auto& c = w.rules.consistency;
    c.aggregate = static_cast<std::uint32_t>(r() % 6);
    if (r() % 4 != 0) c.staleness = static_cast<std::uint32_t>(r() % 7);
    c.late = one_of<late_policy>(
        r, {late_policy::wait, late_policy::wait, late_policy::recompute, late_policy::skip});
    if (r() % 3 == 0) c.slack = static_cast<std::uint32_t>(r() % 5);
    c.repeats = r() % 2 == 0;
    c.window = 1 + static_cast<std::uint32_t>(r() % 4);
    c.cancel_late = c.staleness && c.late != late_policy::wait && r() % 2 == 0;
    w.rules.items_total = 5 + r() % 120;
    w.rules.items_per_epoch = 1 + r() % 40;
    w.rules.tries = 1 + static_cast<std::uint32_t>(r() % 3);
    w.rules.lease_min_ms = 50;
    w.rules.ledger_items_max = one_of<std::uint64_t>(r, {8, 64, 65'536});
    w.rules.scalars = [](std::uint64_t, std::uint64_t) { return step_scalars{0.1f, 1, 1}; };
    w.faults = r() % 4 != 0;
    return w;
}

}  // namespace

TEST_CASE("whatever happens, each item is closed once, in bounds, and the run ends") {
    std::uint64_t walks = 0;
    std::uint64_t refused = 0;
    for (std::uint64_t seed = 1; walks < 30'000; ++seed) {
        const auto w = drawn(seed);
        if (!check(w.rules.consistency, w.workers)) continue;
        ++walks;
        const auto outcome = sequencer_walk(w).run();
        INFO("seed " << seed << ": aggregate " << w.rules.consistency.aggregate << ", staleness "
                     << (w.rules.consistency.staleness ? int(*w.rules.consistency.staleness) : -1)
                     << ", late " << to_string(w.rules.consistency.late) << ", slack "
                     << (w.rules.consistency.slack ? int(*w.rules.consistency.slack) : -1)
                     << ", repeats " << w.rules.consistency.repeats << ", window "
                     << w.rules.consistency.window << ", workers " << w.workers << ", items "
                     << w.rules.items_total << ", faults " << w.faults);
        REQUIRE(outcome.violation == "");
        refused += outcome.refused;
    }
    CHECK(refused > 0);  // the walks reach the refusals too
}

TEST_CASE("without faults, waiting wastes nothing") {
    std::uint64_t walks = 0;
    for (std::uint64_t seed = 1; walks < 2'000; ++seed) {
        auto w = drawn(seed);
        w.faults = false;
        w.rules.consistency.late = late_policy::wait;
        w.rules.consistency.cancel_late = false;
        w.rules.lease_min_ms = 1'000'000;
        if (!w.rules.consistency.staleness || !check(w.rules.consistency, w.workers)) continue;
        ++walks;
        const auto outcome = sequencer_walk(w).run();
        INFO("seed " << seed);
        REQUIRE(outcome.violation == "");
        REQUIRE(outcome.refused == 0);
        REQUIRE(outcome.applied == w.rules.items_total);
    }
}

TEST_CASE("a worker that finishes nothing, or fails at everything, costs no item") {
    std::uint64_t walks = 0;
    std::uint64_t fewest = 1'000;
    for (std::uint64_t seed = 1; walks < 6'000; ++seed) {
        auto w = drawn(seed);
        w.faults = false;
        w.rules.tries = std::max(w.rules.tries, 2u);
        w.rules.lease_min_ms = 500;  // longer than any item of the others takes
        if (w.workers < 2 || !check(w.rules.consistency, w.workers)) continue;
        ++walks;
        (seed % 2 == 0 ? w.hangs : w.fails) = static_cast<std::uint32_t>(seed / 2 % w.workers);
        const auto outcome = sequencer_walk(w).run();
        INFO("seed " << seed << (w.hangs ? " hangs" : " fails"));
        REQUIRE(outcome.violation == "");
        REQUIRE(outcome.given_up == 0);
        fewest = std::min(fewest, outcome.applied);
    }
    CHECK(fewest > 0);
}
