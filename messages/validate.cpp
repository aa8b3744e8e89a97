#include "messages/validate.hpp"

#include <capnp/dynamic.h>
#include <fmt/format.h>

namespace slackline {

namespace {

// A message that shares nothing reads each of its words once; the rest is for rounding.
constexpr std::uint64_t spare_words = 64;

result<void> check(capnp::DynamicValue::Reader value);

// Whether every bit pattern is a value: nothing to look at once it lies within its segment.
bool plain(capnp::Type type) {
    return !(type.isEnum() || type.isText() || type.isData() || type.isList() || type.isStruct() ||
             type.isAnyPointer() || type.isInterface());
}

bool plain(capnp::StructSchema schema) {
    if (schema.getUnionFields().size() > 0) return false;
    for (auto field : schema.getFields())
        if (!plain(field.getType())) return false;
    return true;
}

result<void> unknown(capnp::Schema of, unsigned value) {
    return fail(failure_code::malformed,
                fmt::format("message: {} has no value {}; let both sides run the same version",
                            of.getShortDisplayName().cStr(), value));
}

result<void> check(capnp::DynamicStruct::Reader s) {
    const auto schema = s.getSchema();
    if (schema.getUnionFields().size() > 0) {
        KJ_IF_MAYBE (active, s.which()) {
            if (auto ok = check(s.get(*active)); !ok) return ok;
        } else {
            return unknown(schema, schema.getUnionFields().size());
        }
    }
    for (auto field : schema.getNonUnionFields()) {
        // Not has(): it reads a word of a far pointer once more. What is absent is its default.
        if (plain(field.getType())) continue;
        if (auto ok = check(s.get(field)); !ok) return ok;
    }
    return {};
}

result<void> check(capnp::DynamicList::Reader list) {
    const auto type = list.getSchema().getElementType();
    if (plain(type) || (type.isStruct() && plain(type.asStruct()))) return {};
    for (auto element : list)
        if (auto ok = check(element); !ok) return ok;
    return {};
}

result<void> check(capnp::DynamicValue::Reader value) {
    switch (value.getType()) {
        case capnp::DynamicValue::STRUCT:
            return check(value.as<capnp::DynamicStruct>());
        case capnp::DynamicValue::LIST:
            return check(value.as<capnp::DynamicList>());
        case capnp::DynamicValue::ENUM: {
            const auto e = value.as<capnp::DynamicEnum>();
            if (e.getRaw() >= e.getSchema().getEnumerants().size())
                return unknown(e.getSchema(), e.getRaw());
            return {};
        }
        default:
            return {};  // texts and data were checked when they were fetched
    }
}

}  // namespace

result<void> validate(const frame& f) try {
    frame_reader reader(f, f.size_bytes() / sizeof(capnp::word) + spare_words);
    return check(capnp::DynamicStruct::Reader(reader.root()));
} catch (const kj::Exception& e) {
    return fail(failure_code::malformed,
                fmt::format("message: it breaks its own structure ({}); close the connection to "
                            "this sender",
                            e.getDescription().cStr()));
}

}  // namespace slackline
