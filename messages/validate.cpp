#include "messages/validate.hpp"

#include <capnp/any.h>
#include <fmt/format.h>

#include "messages/little_endian.hpp"
#include "messages/shape.hpp"

namespace slackline {

namespace {

// A message that shares nothing reads each of its words once; the rest is for rounding.
constexpr std::uint64_t spare_words = 64;

using kind = value_shape::kind;
using structs = capnp::List<capnp::AnyStruct>;
using pointers = capnp::List<capnp::AnyPointer>;

result<void> check(capnp::AnyStruct::Reader s, const struct_shape& shape);
result<void> check(capnp::AnyPointer::Reader p, const value_shape& shape);

result<void> unknown(const char* of, unsigned value) {
    return fail(
        failure_code::malformed,
        fmt::format("message: {} has no value {}; let both sides run the same version", of, value));
}

result<void> wrong_list() {
    return fail(failure_code::malformed,
                "message: a list has elements of another kind; close the connection to this "
                "sender");
}

// What lies behind the data that the sender knew is zero.
std::uint16_t number_at(capnp::Data::Reader data, std::uint32_t at) {
    if (data.size() < 2 * (at + 1)) return 0;
    return load_little_endian<std::uint16_t>(reinterpret_cast<const std::byte*>(data.begin()) +
                                             2 * at);
}

void check_bits(capnp::AnyPointer::Reader list, std::uint32_t bits) {
    switch (bits) {
        case 0:
            list.getAs<capnp::List<capnp::Void>>();
            break;
        case 1:
            list.getAs<capnp::List<bool>>();
            break;
        case 8:
            list.getAs<capnp::List<std::uint8_t>>();
            break;
        case 16:
            list.getAs<capnp::List<std::uint16_t>>();
            break;
        case 32:
            list.getAs<capnp::List<std::uint32_t>>();
            break;
        default:
            list.getAs<capnp::List<std::uint64_t>>();
    }
}

result<void> check_list(capnp::AnyPointer::Reader list, const value_shape& element) {
    switch (element.what) {
        case kind::bits:
            check_bits(list, element.bits);
            return {};
        case kind::enumeration:
            for (const auto value : list.getAs<capnp::List<std::uint16_t>>())
                if (value >= element.values) return unknown(element.name, value);
            return {};
        case kind::structure: {
            const auto any = list.getAs<capnp::AnyList>();
            if (any.getElementSize() == capnp::ElementSize::BIT) return wrong_list();
            if (element.of->plain()) return {};
            for (auto one : any.as<structs>())
                if (auto ok = check(one, *element.of); !ok) return ok;
            return {};
        }
        default: {
            const auto any_pointers = list.getAs<capnp::List<capnp::Data>>();
            for (auto one : capnp::AnyList::Reader(any_pointers).as<pointers>())
                if (auto ok = check(one, element); !ok) return ok;
            return {};
        }
    }
}

// Nothing asks whether a pointer is null: that would read a word of a far pointer once more. What
// is absent reads as empty, and all in it as the first of its values.
result<void> check(capnp::AnyPointer::Reader p, const value_shape& shape) {
    switch (shape.what) {
        case kind::text:
            p.getAs<capnp::Text>();
            return {};
        case kind::data:
            p.getAs<capnp::Data>();
            return {};
        case kind::list:
            return check_list(p, *shape.element);
        default:
            return check(p.getAs<capnp::AnyStruct>(), *shape.of);
    }
}

result<void> check_field(capnp::AnyStruct::Reader s, const value_shape& field) {
    if (field.what == kind::bits) return {};
    if (field.what == kind::enumeration) {
        const auto value = number_at(s.getDataSection(), field.at);
        return value < field.values ? result<void>() : unknown(field.name, value);
    }
    const auto all = s.getPointerSection();
    return field.at < all.size() ? check(all[field.at], field) : result<void>();
}

result<void> check(capnp::AnyStruct::Reader s, const struct_shape& shape) {
    if (shape.union_at) {
        const auto member = number_at(s.getDataSection(), *shape.union_at);
        if (member >= shape.members.size()) return unknown(shape.name, member);
        if (auto ok = check_field(s, shape.members[member]); !ok) return ok;
    }
    for (const auto& field : shape.fields)
        if (auto ok = check_field(s, field); !ok) return ok;
    return {};
}

}  // namespace

result<frame_envelope> validate(std::span<const frame_segment> segments) try {
    std::uint64_t words = spare_words;
    for (const auto& s : segments) words += s.bytes.size() / sizeof(capnp::word);
    frame_reader reader(segments, words);
    const auto m = reader.root();
    if (auto ok = check(capnp::AnyStruct::Reader(m), message_shape()); !ok)
        return tl::unexpected(std::move(ok.error()));
    return read_envelope(m);
} catch (const kj::Exception& e) {
    return fail(failure_code::malformed,
                fmt::format("message: it breaks its own structure ({}); close the connection to "
                            "this sender",
                            e.getDescription().cStr()));
}

}  // namespace slackline
