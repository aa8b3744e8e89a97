// What a message must be looked at for: of every struct of the schema its pointers, enumerations
// and union, read from the schema once. All else may hold any bits.
//
// Thread: immutable; any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace slackline {

struct struct_shape;

/// A field, or an element of a list.
struct value_shape {
    enum class kind { bits, enumeration, text, data, list, structure };
    kind what = kind::bits;
    std::uint32_t at = 0;      ///< enumerations: in 16-bit units of the data; else which pointer
    std::uint32_t values = 0;  ///< enumerations: that are known
    std::uint32_t bits = 0;    ///< of an element that is bits
    const char* name = "";     ///< of an enumeration
    const struct_shape* of = nullptr;            ///< of a structure
    std::shared_ptr<const value_shape> element;  ///< of a list
};

struct struct_shape {
    const char* name = "";
    std::vector<value_shape> fields;        ///< outside the union, without plain bits
    std::optional<std::uint32_t> union_at;  ///< in 16-bit units of the data
    std::vector<value_shape> members;       ///< of the union, by what it says
    /// Nothing to look at in it.
    bool plain() const { return fields.empty() && !union_at; }
};

/// Of wire::Message.
const struct_shape& message_shape();

}  // namespace slackline
