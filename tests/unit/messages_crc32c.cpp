#include "messages/crc32c.hpp"

#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"

using slackline::crc32c;

namespace {

// The definition: reflected polynomial 0x1EDC6F41, one bit at a time.
std::uint32_t bitwise(std::span<const std::byte> data, std::uint32_t seed) {
    std::uint32_t state = ~seed;
    for (std::byte b : data) {
        state ^= std::to_integer<std::uint32_t>(b);
        for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ ((state & 1u) * 0x82F63B78u);
    }
    return ~state;
}

std::vector<std::byte> random_bytes(std::size_t n, std::mt19937_64& rng) {
    std::vector<std::byte> bytes(n);
    for (auto& b : bytes) b = static_cast<std::byte>(rng());
    return bytes;
}

}  // namespace

TEST_CASE("crc32c gives the published values", "[messages]") {
    const auto text = std::string_view("123456789");  // the check value of the CRC catalogues
    CHECK(crc32c(std::as_bytes(std::span(text))) == 0xE3069283u);

    // RFC 3720, appendix B.4: 32 bytes each, the checksums written low byte first there.
    std::vector<std::byte> data(32, std::byte{0});
    CHECK(crc32c(data) == 0x8A9136AAu);
    std::fill(data.begin(), data.end(), std::byte{0xFF});
    CHECK(crc32c(data) == 0x62A8AB43u);
    for (std::size_t i = 0; i < 32; ++i) data[i] = static_cast<std::byte>(i);
    CHECK(crc32c(data) == 0x46DD794Eu);
    for (std::size_t i = 0; i < 32; ++i) data[i] = static_cast<std::byte>(31 - i);
    CHECK(crc32c(data) == 0x113FDB5Cu);
    CHECK(crc32c({}) == 0u);
}

TEST_CASE("crc32c of the read command of RFC 3720", "[messages]") {
    std::vector<std::byte> command(48, std::byte{0});
    const std::pair<std::size_t, unsigned> set[] = {{0, 0x01},  {1, 0xC0},  {16, 0x14}, {22, 0x04},
                                                    {27, 0x14}, {31, 0x18}, {32, 0x28}, {40, 0x02}};
    for (auto [at, value] : set) command[at] = static_cast<std::byte>(value);
    CHECK(crc32c(command) == 0xD9963A56u);
}

TEST_CASE("crc32c equals its definition at every length and alignment", "[messages]") {
    const std::uint64_t seed = 20240611;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const auto data = random_bytes(70000, rng);
    for (std::size_t n = 0; n < 600; ++n) {
        const std::size_t begin = n % 17;
        const auto part = std::span(data).subspan(begin, n);
        INFO("begin " << begin << " bytes " << n);
        REQUIRE(crc32c(part) == bitwise(part, 0));
    }
    for (int i = 0; i < 200; ++i) {
        const std::size_t begin = rng() % 64;
        const auto part = std::span(data).subspan(begin, rng() % (data.size() - begin));
        const auto start = static_cast<std::uint32_t>(rng());
        INFO("begin " << begin << " bytes " << part.size() << " start " << start);
        REQUIRE(crc32c(part, start) == bitwise(part, start));
    }
}

TEST_CASE("crc32c chains over any cut", "[messages]") {
    const std::uint64_t seed = 77;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const auto data = random_bytes(5000, rng);
    const auto whole = crc32c(data);
    for (int i = 0; i < 300; ++i) {
        const std::size_t cut = rng() % (data.size() + 1);
        INFO("cut " << cut);
        REQUIRE(crc32c(std::span(data).subspan(cut), crc32c(std::span(data).first(cut))) == whole);
    }
}
