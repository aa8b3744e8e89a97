#include "messages/header.hpp"

#include "messages/crc32c.hpp"
#include "messages/little_endian.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr frame_limits any{1u << 20, false};

const frame_header example{1, 7, 0x1122334455667788, 0x40, 0x0A0B0C0D};

// The header's own checksum made right again.
void seal(frame_header_block& b) {
    const auto bytes = std::span(b);
    store_little_endian(b.data() + 24, crc32c(bytes.subspan(28), crc32c(bytes.first(24))));
}

failure refusal(const frame_header_block& b, frame_limits limits = any) {
    const auto parsed = parse_header(b, limits);
    REQUIRE_FALSE(parsed);
    return parsed.error();
}

}  // namespace

TEST_CASE("a header's bytes are as documented", "[messages]") {
    const auto bytes = write_header(example);
    const unsigned documented[] = {'S',  'L',  'A',  'K',  0x01, 0x00, 0x07, 0x00, 0x88, 0x77, 0x66,
                                   0x55, 0x44, 0x33, 0x22, 0x11, 0x40, 0,    0,    0,    0,    0,
                                   0,    0,    0,    0,    0,    0,    0x0D, 0x0C, 0x0B, 0x0A};
    for (std::size_t i = 0; i < 32; ++i) {
        INFO("byte " << i);
        if (i < 24 || i >= 28) CHECK(std::to_integer<unsigned>(bytes[i]) == documented[i]);
    }
    std::array<std::byte, 28> covered;
    std::copy_n(bytes.begin(), 24, covered.begin());
    std::copy_n(bytes.begin() + 28, 4, covered.begin() + 24);
    CHECK(load_little_endian<std::uint32_t>(bytes.data() + 24) == crc32c(covered));
    CHECK(parse_header(bytes, any).value() == example);
}

TEST_CASE("a flipped bit anywhere in a header is refused", "[messages]") {
    const auto good = write_header(example);
    for (std::size_t bit = 0; bit < 8 * frame_header_bytes; ++bit) {
        auto bad = good;
        bad[bit / 8] ^= std::byte{1} << (bit % 8);
        INFO("bit " << bit);
        REQUIRE_FALSE(refusal(bad).sentence.empty());
    }
}

TEST_CASE("a header is refused for what it says, with the place and the cause", "[messages]") {
    const auto edited = [](frame_header h) { return write_header(h); };
    frame_header h = example;
    h.kind = 9999;
    CHECK(refusal(edited(h)).code == failure_code::malformed);
    CHECK(refusal(edited(h)).sentence.find("kind 9999") != std::string::npos);

    for (std::uint64_t length : {0u, 8u, 17u, 63u}) {
        h = example;
        h.body_bytes = length;
        CHECK(refusal(edited(h)).code == failure_code::malformed);
    }

    h = example;
    h.body_bytes = any.body_bytes_max + 8;
    CHECK(refusal(edited(h)).code == failure_code::exhausted);
    h.body_bytes = ~std::uint64_t{7};
    CHECK(refusal(edited(h)).code == failure_code::exhausted);
    h.body_bytes = any.body_bytes_max;
    CHECK(parse_header(edited(h), any).has_value());

    h = example;
    h.version = protocol_version + 1;
    CHECK(refusal(edited(h)).code == failure_code::mismatch);
    h.version = 0;
    CHECK(refusal(edited(h)).code == failure_code::mismatch);
}

TEST_CASE("another magic is named before anything else is looked at", "[messages]") {
    auto bytes = write_header(example);
    bytes[0] = std::byte{'G'};
    seal(bytes);
    CHECK(refusal(bytes).sentence.find("no frame of Slackline") != std::string::npos);
}

TEST_CASE("a body's checksum may be required", "[messages]") {
    frame_header h = example;
    h.body_crc = 0;
    CHECK(parse_header(write_header(h), any).has_value());
    CHECK(refusal(write_header(h), {any.body_bytes_max, true}).code == failure_code::checksum);
    CHECK(parse_header(write_header(example), {any.body_bytes_max, true}).has_value());
}
