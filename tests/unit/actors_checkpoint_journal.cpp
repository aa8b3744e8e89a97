// The journal: entries in order, replaced as a whole, and its bytes as its header tells them.
#include "actors/checkpoint/journal.hpp"

#include "tests/catch.hpp"
#include "tests/sim/sim_storage.hpp"

using namespace slackline;

namespace {

using entries = std::vector<std::string>;

// CRC32C bit by bit: reflected polynomial 0x82f63b78 (RFC 3720).
std::uint32_t slow_crc(const std::string& text) {
    std::uint32_t crc = ~0u;
    for (const unsigned char c : text) {
        crc ^= c;
        for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0u);
    }
    return ~crc;
}

std::string little(std::uint64_t value, int n) {
    std::string s;
    for (int i = 0; i < n; ++i) s += static_cast<char>(value >> (8 * i));
    return s;
}

std::string text_of(const bytes& b) {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

}  // namespace

TEST_CASE("an absent journal is empty, and entries come back in their order") {
    sim_storage disk;
    REQUIRE(read_journal(disk, "journal").value() == entries{});
    entries all;
    for (int i = 0; i < 20; ++i) {
        all.push_back("entry " + std::string(static_cast<std::size_t>(i), 'x') + '\0' + "!");
        REQUIRE(append_journal(disk, "journal", all.back()));
        REQUIRE(read_journal(disk, "journal").value() == all);
    }
}

TEST_CASE("the journal's bytes are those of its grammar") {
    sim_storage disk;
    REQUIRE(append_journal(disk, "journal", "era 1"));
    REQUIRE(append_journal(disk, "journal", "era 22"));
    const auto entry = [](std::uint32_t length, std::uint64_t position,
                          const std::string& payload) {
        return little(length, 4) + little(slow_crc(little(position, 8) + payload), 4) + payload;
    };
    REQUIRE(text_of(*disk.read("journal")) ==
            entry(5, 0, "era 1") + entry(6, 1, "era 22") + entry(0xffffffff, 2, ""));
}

TEST_CASE("a crash at any operation of an append leaves the old journal or the new one") {
    const entries before{"era 1"};
    const entries after{"era 1", "era 2"};
    for (std::uint64_t n = 1; n <= 6; ++n)
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            CAPTURE(n, seed);
            sim_storage disk;
            REQUIRE(append_journal(disk, "journal", "era 1"));
            disk.crash_at(disk.operations() + n);
            const bool done = append_journal(disk, "journal", "era 2").has_value();
            disk.restart(seed == 0 ? survivors::nothing : survivors::drawn, seed);
            const auto left = read_journal(disk, "journal");
            REQUIRE(left);
            if (done)
                REQUIRE(*left == after);
            else
                REQUIRE((*left == before || *left == after));
            REQUIRE(append_journal(disk, "journal", "era 3"));
        }
}

TEST_CASE("a journal is never seen half replaced while it is appended to") {
    sim_storage disk;
    REQUIRE(append_journal(disk, "journal", "era 1"));
    for (std::uint64_t n = 1; n <= 5; ++n) {
        disk.fail_at(disk.operations() + n);
        static_cast<void>(append_journal(disk, "journal", "more"));
        REQUIRE(read_journal(disk, "journal"));
        REQUIRE(read_journal(disk, "journal")->front() == "era 1");
    }
    REQUIRE(disk.violations().empty());
}

TEST_CASE("an empty entry ends no journal: it is damage, though it checks") {
    sim_storage disk;
    const std::string text = little(0, 4) + little(slow_crc(little(0, 8)), 4) +
                             little(0xffffffff, 4) + little(slow_crc(little(1, 8)), 4);
    auto file = disk.create("journal");
    REQUIRE(file);
    REQUIRE((*file)->append(std::as_bytes(std::span(text))));
    CHECK_FALSE(read_journal(disk, "journal"));
}
