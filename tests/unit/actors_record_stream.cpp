#include "actors/record_stream.hpp"

#include "tests/catch.hpp"

using namespace slackline;
using finding = record_stream::finding;
using life = record_stream::life;

namespace {

/// Ten entries, durable, and two shards.
record_stream ten() {
    record_stream s(100, 2);
    for (int n = 0; n < 10; ++n) s.push(fence{});
    s.make_durable(110);
    return s;
}

}  // namespace

TEST_CASE("an entry is kept until every shard holds it", "[record-stream]") {
    auto s = ten();
    CHECK(s.held(0, 107, {1, 1}) == finding::fine);
    CHECK(s.begin() == 100);
    CHECK(s.held(1, 104, {1, 1}) == finding::fine);
    CHECK(s.begin() == 104);
    CHECK(s.held(1, 102, {1, 1}) == finding::fine);  // it came late
    CHECK(s.begin() == 104);
    CHECK(s.held(1, 111, {1, 1}) == finding::ahead);
}

TEST_CASE("a new life that lacks what is not kept is told of", "[record-stream]") {
    auto s = ten();
    s.held(0, 107, {1, 1});
    s.held(1, 107, {1, 1});
    CHECK(s.held(0, 108, {1, 2}) == finding::renewed);
    CHECK(s.held(0, 103, {1, 1}) == finding::fine);  // a former life's late word
    CHECK(s.held(1, 103, {2, 2}) == finding::lacks);
}

TEST_CASE("what a primary that was replaced says late is not its successor's", "[record-stream]") {
    auto s = ten();
    s.held(0, 107, {1, 1});
    s.held(1, 107, {1, 1});
    s.forget(0);
    CHECK_FALSE(s.heard_of(0));
    CHECK(s.held(0, 103, {1, 1}) == finding::fine);
    CHECK_FALSE(s.heard_of(0));
    CHECK(s.held(0, 109, {2, 7}) == finding::fine);
    CHECK(s.heard_of(0));
    CHECK(s.take_unsent(0, 10) == std::pair<std::uint64_t, std::uint64_t>{109, 110});
}
