// What a shard refuses for its numbers: it looks at every slice before it keeps it.
#include <cmath>
#include <limits>

#include "tests/catch.hpp"
#include "tests/unit/shard_bench.hpp"

using namespace slackline;

TEST_CASE("a shard takes no slice that is poison", "[poison][shard]") {
    shard_bench s;
    for (const float value : {std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::infinity(), -INFINITY}) {
        s.push({.item = 1, .value = value});
        CHECK(s.refused() == wire::Refusal::POISON);
        CHECK_FALSE(s.landed());
    }
    s.order(0, shard_bench::applied(1, 1));
    CHECK(s.lost());  // nothing of it is here
}

TEST_CASE("a shard holds its slice to the bound of the norm", "[poison][shard]") {
    auto settings = shard_bench::settings();
    settings.gradient_norm_max = 8;
    shard_bench s(settings);
    s.push({.item = 1, .value = 2});  // 16 floats: a norm of 8
    CHECK(s.landed());
    s.push({.item = 2, .value = 2.01f});
    CHECK(s.refused() == wire::Refusal::POISON);
}

TEST_CASE("a shard refuses rows that are poison", "[poison][shard]") {
    auto settings = shard_bench::settings();
    settings.gradient_norm_max = 5;
    shard_bench s(settings);
    s.push({.item = 1, .value = 0, .row = std::vector<float>{3, 4}});
    CHECK(s.landed());
    s.push({.item = 2, .value = 0, .row = std::vector<float>{3, 4.1f}});
    CHECK(s.refused() == wire::Refusal::POISON);
    s.push({.item = 3, .value = 0, .row = std::vector<float>{0, INFINITY}});
    CHECK(s.refused() == wire::Refusal::POISON);
}
