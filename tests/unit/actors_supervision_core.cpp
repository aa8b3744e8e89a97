// A supervisor's decisions against a table of OTP's rules.
#include <fmt/format.h>

#include "actors/supervision.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

supervision_rules rules(strategy how, std::uint32_t restarts_max, std::int64_t period_ms,
                        std::vector<restart_kind> kinds) {
    supervision_rules r{how, restarts_max, period_ms, {}};
    for (std::size_t c = 0; c < kinds.size(); ++c)
        r.children.push_back({fmt::format("child {}", c), kinds[c], 100});
    return r;
}

constexpr auto permanent = restart_kind::permanent;
constexpr auto transient = restart_kind::transient;
constexpr auto temporary = restart_kind::temporary;
constexpr auto one_for_one = strategy::one_for_one;
constexpr auto one_for_all = strategy::one_for_all;
constexpr auto rest_for_one = strategy::rest_for_one;

/// Does at once what the supervisor says: starts succeed unless named, children stop when told.
class obedient {
public:
    explicit obedient(supervision_rules r) : core(std::move(r)) { run(core.start(now_ms)); }

    std::string exits(std::size_t child, exit_kind how) {
        trace.clear();
        run(core.exited(child, how, "it fell", now_ms));
        return trace;
    }
    std::string stops() {
        trace.clear();
        run(core.stop(now_ms));
        return trace;
    }

    supervision core;
    std::int64_t now_ms = 0;
    std::string trace;
    std::string reason;
    std::vector<std::size_t> failing;  ///< starts that fail, in order, once each

private:
    void run(const supervision_commands& commands) {
        for (const auto& c : commands) switch (c.step) {
                case supervision_step::start:
                    start(c.child);
                    break;
                case supervision_step::stop:
                    trace += fmt::format("-{} ", c.child);
                    run(core.exited(c.child, exit_kind::normal, "", now_ms));
                    break;
                case supervision_step::kill:
                    trace += fmt::format("x{} ", c.child);
                    break;
                case supervision_step::end:
                    trace += "end";
                    reason = c.reason;
                    break;
            }
    }

    void start(std::size_t child) {
        if (!failing.empty() && failing.front() == child) {
            failing.erase(failing.begin());
            trace += fmt::format("!{} ", child);
            return run(core.start_failed(child, "no room", now_ms));
        }
        trace += fmt::format("+{} ", child);
        run(core.started(child, now_ms));
    }
};

struct row {
    strategy how;
    std::vector<restart_kind> kinds;
    std::size_t child;
    exit_kind exit;
    std::string trace;
};

}  // namespace

TEST_CASE("a child's end leads to what OTP's strategies say") {
    const std::vector<row> rows{
        {one_for_one, {permanent, permanent, permanent}, 1, exit_kind::abnormal, "+1 "},
        {one_for_one, {permanent, permanent, permanent}, 1, exit_kind::normal, "+1 "},
        {one_for_one, {permanent, transient, permanent}, 1, exit_kind::abnormal, "+1 "},
        {one_for_one, {permanent, transient, permanent}, 1, exit_kind::normal, ""},
        {one_for_one, {permanent, temporary, permanent}, 1, exit_kind::abnormal, ""},
        {one_for_all, {permanent, permanent, permanent}, 1, exit_kind::normal, "-2 -0 +0 +1 +2 "},
        {one_for_all, {permanent, permanent, temporary}, 0, exit_kind::normal, "-2 -1 +0 +1 "},
        {one_for_all, {permanent, transient, permanent}, 1, exit_kind::normal, ""},
        {one_for_all, {transient, permanent, temporary}, 2, exit_kind::abnormal, ""},
        {rest_for_one, {permanent, permanent, permanent}, 0, exit_kind::normal, "-2 -1 +0 +1 +2 "},
        {rest_for_one, {permanent, permanent, permanent}, 1, exit_kind::normal, "-2 +1 +2 "},
        {rest_for_one, {permanent, permanent, permanent}, 2, exit_kind::normal, "+2 "},
        {rest_for_one, {permanent, permanent, temporary}, 1, exit_kind::normal, "-2 +1 "},
    };
    for (const auto& r : rows) {
        INFO("row " << (&r - rows.data()));
        obedient s(rules(r.how, 3, 1'000, r.kinds));
        CHECK(s.trace == "+0 +1 +2 ");
        CHECK(s.exits(r.child, r.exit) == r.trace);
        CHECK(s.core.restarts() == (r.trace.empty() ? 0 : 1));
    }
}

TEST_CASE("restarting a group also starts its transient children that had ended") {
    obedient s(rules(one_for_all, 3, 1'000, {permanent, transient}));
    CHECK(s.exits(1, exit_kind::normal).empty());
    CHECK(s.exits(0, exit_kind::abnormal) == "+0 +1 ");
}

TEST_CASE("children stop in reverse, one at a time") {
    obedient s(rules(one_for_one, 3, 1'000, {permanent, transient, temporary}));
    CHECK(s.stops() == "-2 -1 -0 end");
    CHECK(s.reason.empty());
}

TEST_CASE("one restart more than allowed ends the supervisor, with who and why") {
    obedient s(rules(one_for_one, 2, 1'000, {permanent, permanent}));
    s.exits(1, exit_kind::abnormal);
    s.exits(0, exit_kind::abnormal);
    CHECK(s.exits(1, exit_kind::abnormal) == "-0 end");
    CHECK(s.core.restarts() == 2);
    CHECK(s.reason == "child 1 ended more than 2 times within 1000 ms, the last time: it fell");
}

TEST_CASE("none allowed: the first end that would be mended ends the supervisor") {
    obedient s(rules(one_for_one, 0, 1'000, {permanent, transient}));
    CHECK(s.exits(1, exit_kind::normal).empty());
    CHECK(s.exits(0, exit_kind::normal) == "end");
}

TEST_CASE("a restart exactly one period ago still counts, one millisecond more and it does not") {
    for (const std::int64_t late : {0, 1}) {
        obedient s(rules(one_for_one, 1, 1'000, {permanent}));
        s.now_ms = 5;
        CHECK(s.exits(0, exit_kind::abnormal) == "+0 ");
        s.now_ms = 1'005 + late;
        CHECK(s.exits(0, exit_kind::abnormal) == (late == 0 ? "end" : "+0 "));
    }
}

TEST_CASE("a first start that fails ends the supervisor at once") {
    supervision core(rules(one_for_one, 9, 1'000, {permanent, permanent, permanent}));
    CHECK(core.start(0).front().child == 0);
    CHECK(core.started(0, 0).front().child == 1);
    const auto stop = core.start_failed(1, "no room", 0);
    REQUIRE(stop.size() == 1);
    CHECK(stop[0].step == supervision_step::stop);
    CHECK(stop[0].child == 0);
    const auto end = core.exited(0, exit_kind::normal, "", 0);
    REQUIRE(end.size() == 1);
    CHECK(end[0].step == supervision_step::end);
    CHECK(end[0].reason == "child 1 could not be started: no room");
}

TEST_CASE("each failed start counts as one more restart") {
    obedient s(rules(one_for_one, 3, 1'000, {permanent}));
    s.failing = {0, 0};
    CHECK(s.exits(0, exit_kind::abnormal) == "!0 !0 +0 ");
    CHECK(s.core.restarts() == 3);
    s.now_ms = 1;
    CHECK(s.exits(0, exit_kind::abnormal) == "end");
}

TEST_CASE("a failed start within one_for_all begins the group anew") {
    obedient s(rules(one_for_all, 3, 1'000, {permanent, permanent, permanent}));
    s.failing = {1};
    CHECK(s.exits(2, exit_kind::abnormal) == "-1 -0 +0 !1 -0 +0 +1 +2 ");
}

TEST_CASE("a failed start within rest_for_one goes on from the one that failed") {
    obedient s(rules(rest_for_one, 3, 1'000, {permanent, permanent, permanent, permanent}));
    s.failing = {2};
    CHECK(s.exits(1, exit_kind::abnormal) == "-3 -2 +1 !2 +2 +3 ");
}

TEST_CASE("who does not stop within its time is killed, once, and the others wait for it") {
    supervision core(rules(one_for_one, 3, 1'000, {permanent, permanent}));
    core.start(0);
    core.started(0, 0);
    core.started(1, 0);
    const auto stop = core.stop(50);
    REQUIRE(stop.size() == 1);
    CHECK(stop[0].child == 1);
    CHECK(core.tick(149).empty());
    const auto kill = core.tick(150);
    REQUIRE(kill.size() == 1);
    CHECK(kill[0].step == supervision_step::kill);
    CHECK(kill[0].child == 1);
    CHECK(core.tick(1'000).empty());
    const auto next = core.exited(1, exit_kind::abnormal, "killed", 1'000);
    REQUIRE(next.size() == 1);
    CHECK(next[0].step == supervision_step::stop);
    CHECK(next[0].child == 0);
    CHECK(core.tick(1'099).empty());
    CHECK(core.tick(1'100).size() == 1);
}

TEST_CASE("an end that was asked for counts for nothing, whatever it looks like") {
    obedient s(rules(one_for_all, 1, 1'000, {permanent, permanent, permanent}));
    s.exits(0, exit_kind::abnormal);  // stops two more
    CHECK(s.core.restarts() == 1);
    CHECK(s.stops() == "-2 -1 -0 end");
}

TEST_CASE("a supervisor that is over says nothing more") {
    obedient s(rules(one_for_one, 1, 1'000, {permanent}));
    s.stops();
    CHECK(s.core.stop(0).empty());
    CHECK(s.core.exited(0, exit_kind::abnormal, "late", 0).empty());
    CHECK(s.core.started(0, 0).empty());
}

TEST_CASE("a child that is added starts behind the others, and one that had ended starts again") {
    supervision core(rules(one_for_one, 1, 1'000, {transient}));
    REQUIRE(core.start(0).size() == 1);
    CHECK(core.add({"late", transient, 10}, 0).empty());  // the first one is starting
    const auto next = core.started(0, 0);
    REQUIRE(next.size() == 1);
    CHECK(next[0].step == supervision_step::start);
    CHECK(next[0].child == 1);
    CHECK(core.started(1, 0).empty());
    CHECK(core.start_again(1, 0).empty());  // it runs
    CHECK(core.exited(1, exit_kind::normal, "done", 0).empty());
    const auto again = core.start_again(1, 0);
    REQUIRE(again.size() == 1);
    CHECK(again[0].step == supervision_step::start);
    CHECK(again[0].child == 1);
    CHECK(core.restarts() == 0);
    core.started(1, 0);
    const auto stops = core.stop(0);  // in reverse order
    REQUIRE(stops.size() == 1);
    CHECK(stops[0].child == 1);
    CHECK(core.start_again(0, 0).empty());
    CHECK(core.add({"too late", transient, 10}, 0).empty());
}
