#include "messages/frame.hpp"

#include <sys/mman.h>

#include "messages/decode.hpp"
#include "messages/encode.hpp"
#include "tests/catch.hpp"
#include "tests/unit/messages_samples.hpp"

using namespace slackline;

namespace {

// Zero pages that cost nothing until they are written.
std::shared_ptr<const std::byte> zero_pages(std::size_t bytes) {
    void* at = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(at != MAP_FAILED);
    return {static_cast<const std::byte*>(at),
            [bytes](const std::byte* p) { munmap(const_cast<std::byte*>(p), bytes); }};
}

const std::byte* address_of(capnp::Data::Reader data) {
    return reinterpret_cast<const std::byte*>(data.begin());
}

}  // namespace

TEST_CASE("a payload is the sender's own memory, whatever its size", "[messages]") {
    for (std::size_t n : {0u, 1u, 4u, 7u, 8u, 9u, 64u, 1000u, 4099u}) {
        INFO("bytes " << n);
        const auto data = samples::payload(n);
        const std::span<const std::byte> sent(data->data(), n);
        const frame f = samples::push(sent, data);
        frame_reader reader(f);
        const auto dense = reader.root().getPush().getDense();
        REQUIRE(dense.size() == (n > 0 ? 1u : 0u));
        const auto received = contiguous(dense, n);
        REQUIRE(received.size() == n);
        if (n > 0) REQUIRE(received.data() == sent.data());
    }
}

TEST_CASE("a long payload travels in chunks that stay adjacent", "[messages]") {
    const std::size_t n = 2 * chunk_bytes_max + 12;
    const auto pages = zero_pages(n + 4);
    const frame f = samples::push({pages.get(), n}, pages);
    frame_reader reader(f);
    const auto dense = reader.root().getPush().getDense();
    REQUIRE(dense.size() == 3);
    for (unsigned c = 0; c < 3; ++c)
        CHECK(address_of(dense[c]) == pages.get() + c * chunk_bytes_max);
    CHECK(dense[2].size() == 12);
    CHECK(contiguous(dense, n).data() == pages.get());
    CHECK(contiguous(dense, n + 1).empty());

    const auto encoded = encode(f, checksum::absent);
    REQUIRE(encoded);
    std::size_t found = 0;
    for (auto piece : encoded->pieces())
        found += piece.data() >= pages.get() && piece.data() < pages.get() + n;
    CHECK(found == 3);
    CHECK(encoded->size_bytes() < n + 4096);
}

TEST_CASE("a payload of several chunks is one span after it was received", "[messages]") {
    const std::size_t n = chunk_bytes_max + 100;
    const auto pages = zero_pages(n + 4);
    const auto encoded = encode(samples::push({pages.get(), n}, pages), checksum::present);
    REQUIRE(encoded);
    const auto pieces = encoded->pieces();
    const auto header =
        parse_header(pieces[0].first<frame_header_bytes>(), {2 * chunk_bytes_max, true});
    REQUIRE(header);
    auto body = frame_body::create(*header, heap_buffer);
    REQUIRE(body);
    auto at = body->bytes().begin();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const auto part = pieces[i].subspan(i == 0 ? frame_header_bytes : 0);
        at = std::copy(part.begin(), part.end(), at);
    }
    REQUIRE(at == body->bytes().end());
    const auto f = open_body(*header, std::move(*body));
    REQUIRE(f);
    frame_reader reader(*f);
    const auto received = contiguous(reader.root().getPush().getDense(), n);
    REQUIRE(received.size() == n);
    CHECK(reinterpret_cast<std::uintptr_t>(received.data()) % 64 == 0);
}

TEST_CASE("a frame keeps its payload's owner, and gives it up with its last copy", "[messages]") {
    auto data = samples::payload(100);
    const std::weak_ptr<const void> watch = data;
    frame f = samples::push({data->data(), 100}, data);
    data.reset();
    REQUIRE_FALSE(watch.expired());
    frame copy = f;
    f = frame();
    REQUIRE_FALSE(watch.expired());
    copy = frame();
    CHECK(watch.expired());
}

TEST_CASE("what is to be sent keeps the payload too", "[messages]") {
    auto data = samples::payload(100);
    const std::weak_ptr<const void> watch = data;
    auto encoded = std::make_unique<result<encoded_frame>>(
        encode(samples::push({data->data(), 100}, data), checksum::absent));
    data.reset();
    REQUIRE(encoded->has_value());
    CHECK_FALSE(watch.expired());
    encoded.reset();
    CHECK(watch.expired());
}

TEST_CASE("chunks that are not adjacent are no span", "[messages]") {
    const auto one = samples::payload(64), two = samples::payload(64);
    frame_builder b({role::SHARD, 0}, {role::WORKER, 0}, 1, 1);
    auto dense = b.root().initPulled().initDense(2);
    dense.adopt(0, b.attach_one({one->data(), 64}, one));
    dense.adopt(1, b.attach_one({two->data(), 64}, two));
    const frame f = b.finish();
    frame_reader reader(f);
    CHECK(contiguous(reader.root().getPulled().getDense(), 128).empty());
}

TEST_CASE("a frame says who sent it to whom", "[messages]") {
    frame_builder b({role::EVALUATOR, 2}, {role::COORDINATOR, 9}, 3, 4);
    b.root().initJoin();
    const frame f = b.finish();
    frame_reader reader(f);
    auto root = reader.root();
    CHECK(read_address(root.getFrom()) == address{role::EVALUATOR, 2});
    CHECK(read_address(root.getTo()) == address{role::COORDINATOR, 9});
    CHECK(root.getRun() == 3);
    CHECK(root.getEra() == 4);
}
