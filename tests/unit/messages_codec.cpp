#include <capnp/dynamic.h>
#include <capnp/schema.h>

#include <random>
#include <set>

#include "messages/decode.hpp"
#include "messages/encode.hpp"
#include "messages/stream_framing.hpp"
#include "tests/catch.hpp"
#include "tests/unit/messages_samples.hpp"

using namespace slackline;

namespace {

constexpr frame_limits any{1u << 20, false};

bool inside(std::span<const std::byte> outer, const void* at) {
    return at >= outer.data() && at < outer.data() + outer.size();
}

// Fields that have their default: what reads them cannot tell whether they came over.
std::vector<std::string> unset(capnp::DynamicStruct::Reader s) {
    std::vector<std::string> names;
    const auto add = [&](const std::vector<std::string>& more) {
        names.insert(names.end(), more.begin(), more.end());
    };
    const auto look = [&](capnp::StructSchema::Field field) {
        if (!s.has(field, capnp::HasMode::NON_DEFAULT))
            return names.push_back(
                kj::str(s.getSchema().getShortDisplayName(), '.', field.getProto().getName())
                    .cStr());
        const auto value = s.get(field);
        if (value.getType() == capnp::DynamicValue::STRUCT)
            add(unset(value.as<capnp::DynamicStruct>()));
        if (value.getType() == capnp::DynamicValue::LIST && field.getType().isList() &&
            field.getType().asList().getElementType().isStruct())
            for (auto element : value.as<capnp::DynamicList>())
                add(unset(element.as<capnp::DynamicStruct>()));
    };
    for (auto field : s.getSchema().getNonUnionFields()) look(field);
    KJ_IF_MAYBE (active, s.which())
        if (!active->getType().isVoid()) look(*active);
    return names;
}

// The name of the member that a union holds.
std::string member(capnp::DynamicStruct::Reader s) {
    KJ_IF_MAYBE (active, s.which()) return active->getProto().getName().cStr();
    return "none that is known";
}

}  // namespace

// Most actors have one copy only, numbered 0.
TEST_CASE("a sample has a value in every field", "[messages]") {
    std::size_t without_copy = 0;
    for (const auto& s : samples::version_1()) {
        INFO(s.name);
        frame_reader reader(s.frame);
        auto names = unset(reader.root());
        without_copy += std::erase(names, "Address.copy") > 0 ? 1 : 0;
        CHECK(names == std::vector<std::string>{});
    }
    CHECK(without_copy < samples::version_1().size());
}

TEST_CASE("there is a sample of every kind and of every event", "[messages]") {
    std::vector<std::string> names, expected;
    for (const auto& s : samples::version_1()) {
        frame_reader reader(s.frame);
        names.push_back(member(reader.root()));
        if (reader.root().isRunEvent())
            names.back().append("_").append(member(reader.root().getRunEvent()));
        CHECK(names.back() == s.name);
    }
    for (auto kind : capnp::Schema::from<wire::Message>().getUnionFields())
        if (kind.getProto().getName() != "runEvent")
            expected.emplace_back(kind.getProto().getName().cStr());
    for (auto event : capnp::Schema::from<wire::RunEvent>().getUnionFields())
        expected.push_back(std::string("runEvent_") + event.getProto().getName().cStr());
    CHECK(names == expected);
}

TEST_CASE("every kind of message comes back as it was sent", "[messages]") {
    for (const auto& s : samples::version_1()) {
        for (bool with_checksum : {true, false}) {
            INFO(s.name << (with_checksum ? " with" : " without") << " checksum");
            const auto sent = samples::bytes(s.frame, with_checksum);
            const auto received = decode(sent, any, heap_buffer);
            REQUIRE(received);
            CHECK(samples::text(*received) == samples::text(s.frame));
            CHECK(samples::bytes(*received, with_checksum) == sent);  // sent on as it came
        }
    }
}

TEST_CASE("payloads are aligned on the wire and in the receiver's memory", "[messages]") {
    const std::uint64_t seed = 4242;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    for (int i = 0; i < 200; ++i) {
        const unsigned tables = 1 + rng() % 20;
        frame_builder b({role::SHARD, 0}, {role::WORKER, 0}, 1, 1);
        auto list = b.root().initPulled().initTables(tables);
        std::set<const std::byte*> sent;
        for (unsigned t = 0; t < tables; ++t) {
            const std::size_t n = 1 + rng() % 300;
            const auto data = samples::payload(n);
            list.adopt(t, b.attach_one({data->data(), n}, data));
            sent.insert(data->data());
        }
        const frame f = b.finish();
        const auto encoded = encode(f, checksum::absent);
        REQUIRE(encoded);
        std::size_t offset = 0, found = 0;
        for (auto piece : encoded->pieces()) {
            if (sent.contains(piece.data())) {
                ++found;
                REQUIRE(offset % 64 == 0);
            }
            offset += piece.size();
        }
        REQUIRE(found == tables);
        const auto received = decode(samples::bytes(f), any, heap_buffer);
        REQUIRE(received);
        frame_reader reader(*received);
        for (auto data : reader.root().getPulled().getTables())
            REQUIRE(reinterpret_cast<std::uintptr_t>(data.begin()) % 64 == 0);
    }
}

TEST_CASE("a received frame lies in the memory that its receiver chose", "[messages]") {
    const auto data = samples::payload(1000);
    const auto sent = samples::bytes(samples::push({data->data(), 1000}, data));
    frame_memory given;
    std::size_t asked = 0;
    const auto source = [&](std::size_t bytes) {
        asked = bytes;
        return given = heap_buffer(bytes);
    };
    const auto received = decode(sent, any, source);
    REQUIRE(received);
    CHECK(asked == sent.size());
    frame_reader reader(*received);
    const auto dense = contiguous(reader.root().getPush().getDense(), 1000);
    CHECK(inside({given.get(), asked}, dense.data()));
    CHECK(given.use_count() == 2);  // this test and the frame
}

TEST_CASE("no memory is a refusal", "[messages]") {
    const auto sent = samples::bytes(samples::version_1()[0].frame);
    const auto received = decode(sent, any, [](std::size_t) { return frame_memory(); });
    REQUIRE_FALSE(received);
    CHECK(received.error().code == failure_code::exhausted);
}

TEST_CASE("more segments than a frame may have are refused by the sender", "[messages]") {
    for (unsigned payloads : {510u, 511u, 512u}) {
        frame_builder b({role::SHARD, 0}, {role::WORKER, 0}, 1, 1);
        const auto data = samples::payload(8);
        auto list = b.root().initPulled().initTables(payloads);
        for (unsigned i = 0; i < payloads; ++i)
            list.adopt(i, b.attach_one({data->data(), 8}, data));
        const frame f = b.finish();
        const auto encoded = encode(f, checksum::absent);
        INFO("segments " << f.segments().size());
        REQUIRE(encoded.has_value() == (f.segments().size() <= segments_max));
        if (!encoded) {
            CHECK(encoded.error().code == failure_code::exhausted);
        } else {
            CHECK(encoded->pieces().size() <= 1024);
            CHECK(decode(samples::bytes(f), any, heap_buffer).has_value());
        }
    }
}
