// The frames of released versions. They were checked once with the capnp tool and a second
// implementation of the header; whatever the schema becomes, they are read as they were meant.
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "messages/decode.hpp"
#include "tests/catch.hpp"
#include "tests/unit/messages_samples.hpp"

using namespace slackline;

namespace {

std::vector<std::byte> golden(const std::string& name) {
    const auto path = std::filesystem::path(GOLDEN_FOLDER) / (name + ".hex");
    INFO(path);
    std::ifstream file(path);
    REQUIRE(file);
    std::vector<std::byte> bytes;
    std::string digits{std::istream_iterator<char>(file), {}};
    REQUIRE(digits.size() % 2 == 0);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned value = 0;
        const char* end = digits.data() + i + 2;
        REQUIRE(std::from_chars(digits.data() + i, end, value, 16).ptr == end);
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

}  // namespace

TEST_CASE("frames of version 1 are read for ever", "[messages]") {
    for (const auto& s : samples::version_1()) {
        INFO(s.name);
        const auto received = decode(golden("frame_v1_" + s.name), {1u << 20, true}, heap_buffer);
        REQUIRE(received);
        CHECK(samples::text(*received) == samples::text(s.frame));
    }
}

TEST_CASE("a golden push holds what docs/formats.md says", "[messages]") {
    const auto received = decode(golden("frame_v1_push"), {1u << 20, true}, heap_buffer);
    REQUIRE(received);
    frame_reader reader(*received);
    const auto root = reader.root();
    CHECK(read_address(root.getFrom()) == address{role::WORKER, 3});
    CHECK(read_address(root.getTo()) == address{role::SHARD, 1});
    const auto push = root.getPush();
    CHECK(push.getIncarnation() == 5);
    CHECK(push.getItem() == 6);
    CHECK(push.getBase() == 7);
    CHECK(push.getAttempt() == 8);
    REQUIRE(push.getWithdrawn().size() == 2);
    CHECK(push.getWithdrawn()[0] == 260);
    CHECK(push.getWithdrawn()[1] == 261);
    const auto dense = contiguous(push.getDense(), 20);
    REQUIRE(dense.size() == 20);
    for (unsigned i = 0; i < 20; ++i) CHECK(std::to_integer<unsigned>(dense[i]) == i + 1);
    const auto table = push.getTables()[0];
    CHECK(table.getIds()[0] == 30);
    CHECK(table.getIds()[1] == 31);
    CHECK(table.getRows().size() == 16);
    CHECK(table.getRows()[0] == 40);
}
