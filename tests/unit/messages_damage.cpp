// Bytes that nobody should have sent: whatever they are, they are refused with a sentence.
#include <capnp/schema.h>

#include <random>

#include "messages/decode.hpp"
#include "messages/little_endian.hpp"
#include "messages/validate.hpp"
#include "tests/catch.hpp"
#include "tests/unit/messages_samples.hpp"

using namespace slackline;

namespace {

constexpr frame_limits any{1u << 20, false};
using bytes = std::vector<std::byte>;

failure refusal(const bytes& sent, const buffer_source& source = heap_buffer) {
    const auto received = decode(sent, any, source);
    REQUIRE_FALSE(received);
    REQUIRE_FALSE(received.error().sentence.empty());
    return received.error();
}

// The frame with another header before the same body; without a checksum of the body.
bytes reheaded(bytes sent, const std::function<void(frame_header&)>& edit) {
    auto header = parse_header(std::span(sent).first<frame_header_bytes>(), any).value();
    header.body_crc = 0;
    edit(header);
    const auto block = write_header(header);
    std::copy(block.begin(), block.end(), sent.begin());
    return sent;
}

}  // namespace

TEST_CASE("every flipped bit of a frame with a checksum is refused", "[messages]") {
    for (std::size_t kind : {std::size_t{2}, std::size_t{12}}) {  // payloads, and many structs
        const auto good = samples::bytes(samples::version_1()[kind].frame);
        for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
            auto bad = good;
            bad[bit / 8] ^= std::byte{1} << (bit % 8);
            INFO("kind " << kind << " bit " << bit);
            refusal(bad);
        }
    }
}

TEST_CASE("a flipped bit without a checksum is refused or can be read in full", "[messages]") {
    std::size_t refused = 0, read = 0;
    for (const auto& s : samples::version_1()) {
        const auto good = reheaded(samples::bytes(s.frame), [](frame_header&) {});
        for (std::size_t bit = 8 * frame_header_bytes; bit < 8 * good.size(); ++bit) {
            auto bad = good;
            bad[bit / 8] ^= std::byte{1} << (bit % 8);
            INFO(s.name << " bit " << bit);
            const auto received = decode(bad, any, heap_buffer);
            if (received) {
                REQUIRE_NOTHROW(samples::text(*received));
                ++read;
            } else {
                REQUIRE_FALSE(received.error().sentence.empty());
                ++refused;
            }
        }
    }
    CHECK(refused > 1000);  // both ways were taken
    CHECK(read > 1000);
}

TEST_CASE("every beginning of a frame is refused, and so is more than a frame", "[messages]") {
    for (const auto& s : samples::version_1()) {
        const auto good = samples::bytes(s.frame);
        for (std::size_t n = 0; n < good.size(); ++n) {
            INFO(s.name << " bytes " << n);
            refusal(bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)));
        }
        auto longer = good;
        longer.resize(longer.size() + 8);
        refusal(longer);
    }
}

TEST_CASE("a body that was cut, with a header that agrees, is refused", "[messages]") {
    for (const auto& s : samples::version_1()) {
        const auto good = samples::bytes(s.frame);
        for (std::size_t n = frame_header_bytes + 16; n < good.size(); n += 8) {
            bytes part(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n));
            INFO(s.name << " bytes " << n);
            refusal(reheaded(part, [&](frame_header& h) { h.body_bytes = n - 32; }));
        }
    }
}

TEST_CASE("random bytes are refused", "[messages]") {
    const std::uint64_t seed = 99;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    for (int i = 0; i < 3000; ++i) {
        bytes noise(rng() % 400);
        for (auto& b : noise) b = static_cast<std::byte>(rng());
        refusal(noise);
    }
}

TEST_CASE("a random body behind a right header is refused or can be read in full", "[messages]") {
    const std::uint64_t seed = 100;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const auto kinds = capnp::Schema::from<wire::Message>().getUnionFields().size();
    for (int i = 0; i < 5000; ++i) {
        bytes noise(32 + 8 * (2 + rng() % 40));
        for (auto& b : noise) b = static_cast<std::byte>(rng());
        store_little_endian(noise.data() + 32, static_cast<std::uint32_t>(rng() % 3));
        frame_header header;
        header.kind = static_cast<std::uint16_t>(rng() % (kinds + 1));
        header.body_bytes = noise.size() - 32;
        const auto block = write_header(header);
        std::copy(block.begin(), block.end(), noise.begin());
        const auto received = decode(noise, any, heap_buffer);
        if (received) REQUIRE_NOTHROW(samples::text(*received));
    }
}

TEST_CASE("a huge length allocates nothing", "[messages]") {
    const auto good = samples::bytes(samples::version_1()[3].frame);
    std::size_t asked = 0;
    const auto source = [&](std::size_t n) {
        ++asked;
        return heap_buffer(n);
    };
    for (std::uint64_t length : {std::uint64_t{1} << 20, std::uint64_t{1} << 40, ~std::uint64_t{7}})
        refusal(reheaded(good, [&](frame_header& h) { h.body_bytes = length; }), source);
    CHECK(asked == 0);
}

TEST_CASE("a segment table that lies is refused", "[messages]") {
    const auto edited = [&](std::size_t at, std::uint32_t value) {
        auto sent = reheaded(samples::bytes(samples::version_1()[2].frame), [](frame_header&) {});
        store_little_endian(sent.data() + 32 + at, value);
        return sent;
    };
    for (std::uint32_t count : {0u, 1u, 511u, 512u, 100000u, 0xFFFFFFFEu, 0xFFFFFFFFu})
        CHECK(refusal(edited(0, count)).code == failure_code::malformed);
    for (std::uint32_t words : {0u, 1u, 1u << 28, 1u << 29, 0x7FFFFFFFu, 0xFFFFFFFFu})
        CHECK(refusal(edited(4, words)).code == failure_code::malformed);
}

TEST_CASE("what is behind a segment table is zero", "[messages]") {
    const auto data = samples::payload(8);
    auto sent =
        reheaded(samples::bytes(samples::push({data->data(), 8}, data)), [](frame_header&) {});
    REQUIRE(load_little_endian<std::uint32_t>(sent.data() + 32) == 1);  // two segments: a pad
    REQUIRE(decode(sent, any, heap_buffer));
    sent[32 + 12] = std::byte{1};
    CHECK(refusal(sent).code == failure_code::malformed);
}

TEST_CASE("a header that speaks of another message is refused", "[messages]") {
    const auto good = samples::bytes(samples::version_1()[3].frame);
    CHECK(refusal(reheaded(good, [](frame_header& h) { h.kind = 4; })).sentence.find("kind 4") !=
          std::string::npos);
    CHECK(refusal(reheaded(good, [](frame_header& h) { h.term = 6; })).sentence.find("term 6") !=
          std::string::npos);
}
