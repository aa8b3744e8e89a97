#include "messages/shape.hpp"

#include <capnp/schema.h>
#include <messages/slackline.capnp.h>

#include <map>

namespace slackline {

namespace {

using kind = value_shape::kind;

class shapes {
public:
    const struct_shape* of(capnp::StructSchema schema) {
        auto& known = all_[schema.getProto().getId()];
        if (known) return known.get();
        known = std::make_unique<struct_shape>();
        auto& s = *known;  // stays where it is
        s.name = schema.getShortDisplayName().cStr();
        for (auto field : schema.getNonUnionFields())
            if (auto v = field_of(field); v.what != kind::bits) s.fields.push_back(std::move(v));
        const auto members = schema.getUnionFields();
        if (members.size() == 0) return &s;
        s.union_at = schema.getProto().getStruct().getDiscriminantOffset();
        s.members.resize(members.size());
        for (auto field : members)
            s.members[field.getProto().getDiscriminantValue()] = field_of(field);
        return &s;
    }

private:
    value_shape field_of(capnp::StructSchema::Field field) {
        auto v = value_of(field.getType());
        v.at = field.getProto().getSlot().getOffset();
        return v;
    }

    value_shape value_of(capnp::Type type) {
        value_shape v;
        if (type.isStruct()) {
            v.what = kind::structure;
            v.of = of(type.asStruct());
        } else if (type.isList()) {
            v.what = kind::list;
            v.element = std::make_shared<value_shape>(value_of(type.asList().getElementType()));
        } else if (type.isEnum()) {
            v.what = kind::enumeration;
            v.values = type.asEnum().getEnumerants().size();
            v.name = type.asEnum().getShortDisplayName().cStr();
        } else if (type.isText()) {
            v.what = kind::text;
        } else if (type.isData()) {
            v.what = kind::data;
        } else {
            v.bits = bits_of(type);
        }
        return v;
    }

    static std::uint32_t bits_of(capnp::Type type) {
        using which = capnp::schema::Type;
        switch (type.which()) {
            case which::VOID:
                return 0;
            case which::BOOL:
                return 1;
            case which::INT8:
            case which::UINT8:
                return 8;
            case which::INT16:
            case which::UINT16:
                return 16;
            case which::INT32:
            case which::UINT32:
            case which::FLOAT32:
                return 32;
            default:
                return 64;
        }
    }

    std::map<std::uint64_t, std::unique_ptr<struct_shape>> all_;
};

struct read_schema {
    shapes all;
    const struct_shape* message = all.of(capnp::Schema::from<wire::Message>());
};

}  // namespace

const struct_shape& message_shape() {
    static const read_schema schema;
    return *schema.message;
}

}  // namespace slackline
