#include "actors/copies_note.hpp"

#include <vector>

#include "actors/state_digest.hpp"
#include "tests/catch.hpp"

using namespace slackline;

TEST_CASE("the lists of those in sync are read as they were written", "[copies]") {
    const std::vector<copy_list::note> lists{
        {3, {{0, 1'017}, {1, 1'022}}}, {1, {{0, 1'018}}}, {0, {}}, {2, {{15, ~0ull}}}};
    CHECK(write_notes(lists) == "3:0=1017,1=1022 1:0=1018 0: 2:15=18446744073709551615");
    const auto read = read_notes(write_notes(lists), lists.size());
    REQUIRE(read);
    CHECK((*read == lists));
}

TEST_CASE("a line that is no note of so many lists is none", "[copies]") {
    const auto* line =
        GENERATE("", "3:0=1", "3:0=1 4:0=1 5:0=1", "3:0=1 4", "3:0=1 4:0",
                 "3:0=1 4:0=", "3:0=1 x:0=1", "3:0=1 4:0=1,", "3:0=1 4:,0=1", "3:0=1 4:65536=1",
                 "3:0=1 4:0=18446744073709551616", "3:0=1 -4:0=1");
    INFO(line);
    CHECK_FALSE(read_notes(line, 2));
}

namespace {

std::optional<std::uint32_t> digest_of(state_digest& d, std::uint64_t count,
                                       const std::vector<float>& a, const std::vector<float>& b) {
    d.note(count, [&](auto see) {
        see(std::span<const float>(a));
        see(std::span<const float>(b));
    });
    return d.now();
}

}  // namespace

TEST_CASE("one bit that differs shows in the digest within twice its versions", "[copies]") {
    const std::size_t n = GENERATE(1u, 63u, 64u, 1'000u);
    for (std::size_t at = 0; at < n; at += 1 + n / 40) {
        std::vector<float> same(n, 1.5f), other = same;
        other[at] = std::nextafter(other[at], 2.0f);
        state_digest left, right;
        bool differs = false;
        for (std::uint64_t count = 7; count < 7 + 2 * state_digest::versions; ++count)
            differs =
                differs || digest_of(left, count, {}, same) != digest_of(right, count, {}, other);
        INFO(at);
        CHECK(differs);
    }
}

TEST_CASE("a digest that began in the middle says nothing until it has come round", "[copies]") {
    state_digest old, young;
    const std::vector<float> state(500, 2.5f);
    for (std::uint64_t count = 1; count <= 300; ++count) {
        const auto left = digest_of(old, count, state, {});
        if (count < 100) continue;
        const auto right = digest_of(young, count, state, {});
        INFO(count);
        if (count < 128)
            CHECK_FALSE(right);
        else
            CHECK(left == right);
    }
}
