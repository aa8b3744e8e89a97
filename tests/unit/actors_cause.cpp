// A cause of any length becomes one that can be kept.
#include "actors/cause.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

std::string many(std::size_t times, const std::string& of) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += of;
    return all;
}

}  // namespace

TEST_CASE("a cause that fits is kept as it is", "[cause]") {
    CHECK(short_cause("").empty());
    CHECK(short_cause("sample 3 is empty") == "sample 3 is empty");
    CHECK(short_cause(many(500, "a")) == many(500, "a"));
}

TEST_CASE("a long cause keeps its beginning, and is cut once only", "[cause]") {
    const auto cut = short_cause(many(501, "a"));
    CHECK(cut == many(497, "a") + "...");
    CHECK(short_cause(cut) == cut);
    CHECK(short_cause(many(10'000'000, "b")) == many(497, "b") + "...");
}

TEST_CASE("a long cause is cut between characters", "[cause]") {
    // 497 bytes are left: 248 characters of 2 bytes, 165 of 3, 124 of 4.
    CHECK(short_cause(many(300, "\xC3\xA9")) == many(248, "\xC3\xA9") + "...");
    CHECK(short_cause(many(300, "\xE2\x82\xAC")) == many(165, "\xE2\x82\xAC") + "...");
    CHECK(short_cause(many(300, "\xF0\x9F\x98\x80")) == many(124, "\xF0\x9F\x98\x80") + "...");
}

TEST_CASE("a long cause that is no text keeps its length", "[cause]") {
    CHECK(short_cause(many(600, "\x80")).size() == 497);  // 3 bytes were looked back
}
