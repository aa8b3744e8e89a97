// Messages written word by word, as an enemy would: source of the encoding,
// capnproto.org/encoding.html.
#include "messages/validate.hpp"

#include "tests/catch.hpp"
#include "tests/unit/messages_samples.hpp"

using namespace slackline;

namespace {

using words = std::vector<std::uint64_t>;

constexpr std::uint64_t struct_pointer(std::uint64_t offset, std::uint64_t data,
                                       std::uint64_t pointers) {
    return offset << 2 | data << 32 | pointers << 48;
}

constexpr std::uint64_t bytes_of = 2, pointers_of = 6, structs_of = 7;  // sizes of list elements

constexpr std::uint64_t list_pointer(std::uint64_t offset, std::uint64_t size,
                                     std::uint64_t count) {
    return offset << 2 | 1 | size << 32 | count << 35;
}

// Root pointer and wire::Message: run, era, kind, from, to, and a pointer to the words behind it.
words message(wire::Message::Which kind, std::uint64_t member) {
    return {struct_pointer(0, 3, 3), 77, 5, static_cast<std::uint64_t>(kind), 0, 0, member};
}

void add(words& to, std::initializer_list<std::uint64_t> more) {
    to.insert(to.end(), more);
}

result<frame_envelope> check(const words& w) {
    const frame_segment one{std::as_bytes(std::span(w)), false};
    return validate(std::span(&one, 1));
}

failure refusal(const words& w) {
    const auto ok = check(w);
    REQUIRE_FALSE(ok);
    return ok.error();
}

// Pulled: request, item, count, then `chunks` dense chunks that are all the same `target` words.
words shared_target(std::uint64_t chunks, std::uint64_t target) {
    auto w = message(wire::Message::PULLED, struct_pointer(0, 3, 2));
    add(w, {1, 2, 3, list_pointer(1, pointers_of, chunks), 0});
    for (std::uint64_t c = 0; c < chunks; ++c)
        w.push_back(list_pointer(chunks - 1 - c, bytes_of, 8 * target));
    w.resize(w.size() + target);
    return w;
}

// Records: `count` records of no words at all.
words empty_records(std::uint64_t count) {
    auto w = message(wire::Message::RECORDS, struct_pointer(0, 1, 1));
    add(w, {1, list_pointer(0, structs_of, 0), count << 2});
    return w;
}

// Failed, with these bytes (8 at most) as its cause.
words failed(std::uint64_t text, std::uint64_t length) {
    auto w = message(wire::Message::FAILED, struct_pointer(0, 2, 1));
    add(w, {1, 2, list_pointer(0, bytes_of, length), text});
    return w;
}

}  // namespace

TEST_CASE("what is built here is valid", "[messages]") {
    for (const auto& s : samples::version_1()) {
        INFO(s.name);
        CHECK(validate(s.frame.segments()));
    }
}

TEST_CASE("a message of many texts, which lie in several segments, is valid", "[messages]") {
    frame_builder b({role::SEQUENCER, 0}, {role::COORDINATOR, 0}, 1, 1);
    auto skips = b.root().initProgress().initHistory().initSkips(300);
    for (unsigned i = 0; i < skips.size(); ++i)
        skips[i].setCause("its gradient has come to a staleness of 3, and the bound is 2");
    const auto f = b.finish();
    REQUIRE(f.segments().size() > 1);
    const auto ok = validate(f.segments());
    INFO((ok ? "" : ok.error().sentence));
    CHECK(ok);
}

TEST_CASE("chunks that share their memory cost what they say, or are refused", "[messages]") {
    REQUIRE(check(shared_target(1, 500)));
    CHECK(refusal(shared_target(2, 500)).code == failure_code::malformed);
    CHECK(refusal(shared_target(1000, 500)).code == failure_code::malformed);
}

TEST_CASE("a list of nothing is as long as it is short", "[messages]") {
    REQUIRE(check(empty_records(3)));
    CHECK(refusal(empty_records((1u << 29) - 1)).code == failure_code::malformed);
}

TEST_CASE("a list whose elements are of another kind is refused", "[messages]") {
    constexpr std::uint64_t bits_of = 1;
    auto w = message(wire::Message::PULLED, struct_pointer(0, 3, 2));
    add(w, {1, 2, 3, list_pointer(1, pointers_of, 1), 0, 0});  // one chunk, of no bytes
    REQUIRE(check(w));
    for (std::uint64_t count : {0, 8}) {
        w[10] = list_pointer(1, bytes_of, count);
        CHECK(refusal(w).code == failure_code::malformed);
    }
    w = message(wire::Message::RECORDS, struct_pointer(0, 1, 1));
    add(w, {1, list_pointer(0, bits_of, 64), 0});
    CHECK(refusal(w).code == failure_code::malformed);
}

TEST_CASE("a pointer out of its segment is refused", "[messages]") {
    auto w = message(wire::Message::LANDED, struct_pointer(0, 2, 0));
    add(w, {1, 2});
    REQUIRE(check(w));
    for (std::uint64_t offset : {1u, 100u, (1u << 29) - 1, 1u << 29, (1u << 30) - 20}) {
        w[6] = struct_pointer(offset & 0x3FFFFFFF, 2, 0);
        INFO("offset " << offset);
        CHECK(refusal(w).code == failure_code::malformed);
    }
    w[6] = std::uint64_t{9} << 32 | 2;  // far, into segment 9
    CHECK(refusal(w).code == failure_code::malformed);
    w[6] = 3;  // a capability
    CHECK(refusal(w).code == failure_code::malformed);
    CHECK(refusal({struct_pointer(1u << 20, 3, 3)}).code == failure_code::malformed);
    CHECK(refusal({}).code == failure_code::malformed);
}

TEST_CASE("a text without its end is refused", "[messages]") {
    REQUIRE(check(failed(0x0041, 2)));  // "A" and a zero
    CHECK(refusal(failed(0x4141, 2)).code == failure_code::malformed);
}

TEST_CASE("values that are not known are refused by name", "[messages]") {
    auto w = message(wire::Message::REFUSED, struct_pointer(0, 3, 1));
    add(w, {1, 2, 4, 0});
    REQUIRE(check(w));
    w[9] = 6;  // Refusal ends at 5
    CHECK(refusal(w).sentence.find("Refusal") != std::string::npos);

    w = message(wire::Message::OUTCOME, struct_pointer(0, 4, 0));
    add(w, {1, 2, 4, 3});
    REQUIRE(check(w));
    w[9] = 5;  // Answer ends at 4
    CHECK(refusal(w).sentence.find("Answer") != std::string::npos);

    w = message(wire::Message::CONTROL, struct_pointer(0, 1, 0));
    add(w, {4});
    REQUIRE(check(w));
    w[7] = 5;  // Control ends at 4
    CHECK(refusal(w).sentence.find("Control") != std::string::npos);

    w = message(static_cast<wire::Message::Which>(999), 0);
    CHECK(refusal(w).sentence.find("Message") != std::string::npos);
}

TEST_CASE("fields of a later version are passed over", "[messages]") {
    auto w = message(wire::Message::LANDED, struct_pointer(0, 3, 1));
    add(w, {9, 10, 11, list_pointer(0, bytes_of, 3), 0x434241});
    auto owner = std::make_shared<words>(w);
    const std::vector<frame_segment> segments{{std::as_bytes(std::span(*owner)), false}};
    const auto envelope = validate(segments);
    REQUIRE(envelope);
    CHECK(envelope->kind == wire::Message::LANDED);
    CHECK(envelope->era == 5);
    const frame f(*envelope, segments, owner);
    frame_reader reader(f);
    CHECK(reader.root().getLanded().getIncarnation() == 9);
    CHECK(reader.root().getLanded().getItem() == 10);
}
