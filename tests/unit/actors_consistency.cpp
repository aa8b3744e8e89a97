// The five settings: what is accepted makes progress with every number of workers, and what is
// refused says why.
#include <fmt/format.h>

#include "tests/catch.hpp"
#include "tests/unit/event_run.hpp"

using namespace slackline;

namespace {

constexpr std::uint32_t workers_max = 4;

std::string told(const consistency_settings& c, std::uint32_t workers) {
    const auto number = [](const std::optional<std::uint32_t>& n) { return n ? int(*n) : -1; };
    return fmt::format(
        "aggregate {}, staleness {}, late {}, slack {}, repeats {}, window {}, cancel_late {}, "
        "{} workers",
        c.aggregate, number(c.staleness), to_string(c.late), number(c.slack), c.repeats, c.window,
        c.cancel_late, workers);
}

/// All settings of small range.
template <class Visit>
void each_setting(Visit visit) {
    using number = std::optional<std::uint32_t>;
    for (std::uint32_t aggregate = 0; aggregate <= 5; ++aggregate)
        for (number staleness : {number(), number(0), number(1), number(2), number(5)})
            for (auto late : {late_policy::wait, late_policy::recompute, late_policy::skip})
                for (number slack : {number(), number(0), number(1), number(3)})
                    for (bool repeats : {false, true})
                        for (std::uint32_t window = 0; window <= 3; ++window)
                            for (bool cancel : {false, true})
                                visit(consistency_settings{aggregate, staleness, late, slack,
                                                           repeats, window, cancel});
}

/// The worker with index k takes 4^k ticks and a little; or all take the same.
published::world workers_of(std::uint32_t workers, bool alike) {
    return {workers, 0, 23, [alike](std::uint32_t w, std::uint64_t nth) {
                return alike ? std::int64_t{10}
                             : (std::int64_t{1000} << (2 * w)) + std::int64_t((nth * 37 + w) % 101);
            }};
}

/// What kept the run from its end, or from what its settings promise; empty if nothing did.
std::string trouble(const consistency_settings& c, std::uint32_t workers, bool alike) {
    event_run real(c, workers_of(workers, alike));
    real.run(100'000);
    if (!real.violation().empty()) return real.violation();
    if (!real.finished()) return "the run does not end";
    const auto lost = real.seen().ignored.size() + real.seen().stopped.size();
    if (lost > 0 && (!c.staleness || c.late == late_policy::wait))
        return "a gradient is wasted, though nothing says so";
    const auto closed = real.stats();
    if (closed.skipped > 0 && c.late != late_policy::skip) return "an item is skipped";
    if (closed.history.staleness.size() > std::size_t{c.staleness.value_or(1'000'000)} + 1)
        return "a gradient is over the bound";
    for (const auto& u : real.seen().updates)
        if (c.aggregate != 0 && u.size() > c.aggregate) return "an update takes too many";
    return "";
}

consistency_settings bounded(std::uint32_t aggregate, std::uint32_t staleness, late_policy late) {
    consistency_settings c;
    c.aggregate = aggregate;
    c.staleness = staleness;
    c.late = late;
    return c;
}

bool says(const result<void>& refused, const std::string& word) {
    return !refused && refused.error().code == failure_code::usage &&
           refused.error().sentence.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("settings that are accepted come to the end, settings that are refused say why") {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    each_setting([&](const consistency_settings& c) {
        for (std::uint32_t workers = 1; workers <= workers_max; ++workers) {
            const auto verdict = check(c, workers);
            if (!verdict) {
                ++refused;
                if (verdict.error().code == failure_code::usage &&
                    verdict.error().sentence.find("set ") != std::string::npos)
                    continue;
                FAIL(told(c, workers) << ": refused, and no word of what to set");
            }
            ++accepted;
            for (bool alike : {false, true})
                if (const auto t = trouble(c, workers, alike); !t.empty())
                    FAIL(told(c, workers) << ", speeds alike " << alike << ": " << t);
        }
    });
    CHECK(accepted > 4'000);
    CHECK(refused > 1'000);
}

TEST_CASE("with no window nobody starts, so it is refused") {
    consistency_settings idle;
    idle.window = 0;
    CHECK(says(check(idle, 3), "consistency.window is 0"));
    event_run real(idle, workers_of(3, false));
    real.run(1'000);
    CHECK_FALSE(real.finished());
    CHECK(real.seen().updates.empty());
}

TEST_CASE("what would let one worker work at a time is refused for several, not for one") {
    const auto one_by_one = bounded(1, 0, late_policy::wait);
    CHECK(check(one_by_one, 1));
    CHECK(says(check(one_by_one, 2), "one of 2 workers work at a time"));
    CHECK(check(bounded(1, 1, late_policy::wait), 2));
    CHECK(check(bounded(2, 0, late_policy::wait), 2));
    CHECK(check(bounded(0, 0, late_policy::wait), 2));
    CHECK(check(bounded(1, 0, late_policy::skip), 2));
}

TEST_CASE("more gradients of different workers than there are workers are refused") {
    consistency_settings c = *preset("backup");
    c.aggregate = 3;
    CHECK(check(c, 3));
    CHECK(says(check(c, 2), "cannot come from 2 workers"));
    c.repeats = true;
    CHECK(check(c, 2));
}

TEST_CASE("cancelling late work needs something that makes work late") {
    auto skips = bounded(1, 2, late_policy::skip);
    skips.cancel_late = true;
    CHECK(check(skips, 2));
    auto c = skips;
    c.staleness.reset();
    CHECK(says(check(c, 2), "needs a staleness bound"));
    c = skips;
    c.late = late_policy::wait;
    CHECK(says(check(c, 2), "late = \"skip\""));
    c.late = late_policy::recompute;
    CHECK(check(c, 2));
}

TEST_CASE("every preset is accepted with any number of workers") {
    for (const auto* name : {"bsp", "ssp", "bounded", "async", "ringmaster", "rennala", "backup"})
        for (std::uint32_t workers : {1u, 2u, 3u, 17u, 1000u}) {
            INFO(name << " with " << workers << " workers");
            const auto c = preset(name);
            REQUIRE(c);
            CHECK(check(*c, workers));
        }
}

TEST_CASE("a preset or a policy that is not there is refused with the names of those that are") {
    for (const auto* name : {"", "BSP", "asynchronous", "bsp "}) {
        const auto p = preset(name);
        REQUIRE_FALSE(p);
        CHECK(p.error().code == failure_code::usage);
        CHECK(p.error().sentence.find(fmt::format("'{}'", name)) != std::string::npos);
        for (const auto* known :
             {"bsp", "ssp", "bounded", "async", "ringmaster", "rennala", "backup"})
            CHECK(p.error().sentence.find(known) != std::string::npos);
    }
    for (auto p : {late_policy::wait, late_policy::recompute, late_policy::skip}) {
        const auto back = late_policy_from(to_string(p));
        REQUIRE(back);
        CHECK(*back == p);
        CHECK(late_policy_from("later").error().sentence.find(to_string(p)) != std::string::npos);
    }
}
