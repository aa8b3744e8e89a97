#include "actors/work_meter.hpp"

#include "tests/catch.hpp"

using slackline::work_meter;

TEST_CASE("a meter tells which part of the last seconds was work", "[work-meter]") {
    work_meter m;
    CHECK(m.busy() == 0);
    std::int64_t now_ms = 1'000'000;
    const auto beats = [&](int n, std::int64_t work_ms) {
        for (int i = 0; i < n; ++i) {
            m.worked(work_ms);
            m.tick(now_ms += 200);
        }
    };
    beats(1, 0);
    beats(200, 50);
    CHECK(m.busy() >= 248);
    CHECK(m.busy() <= 250);
    beats(25, 0);  // five seconds later a good third of it is remembered
    CHECK(m.busy() > 80);
    CHECK(m.busy() < 100);
    m.worked(60'000);  // it cannot be more than all
    m.tick(now_ms += 60'000);
    CHECK(m.busy() == 1'000);
    m.tick(now_ms);  // nothing has passed
    CHECK(m.busy() == 1'000);
}
