#include "actors/wire_layout.hpp"

#include <fmt/format.h>

namespace slackline {

namespace {

tl::unexpected<failure> refuse(const char* what, const std::string& name,
                               const std::string& cause) {
    return fail(failure_code::malformed,
                fmt::format("run: {} \"{}\" {}; let the registrar and this node run the same "
                            "version",
                            what, name, cause));
}

wire::Init::Kind to_wire(init_kind kind) {
    switch (kind) {
        case init_kind::zero:
            return wire::Init::Kind::ZERO;
        case init_kind::uniform:
            return wire::Init::Kind::UNIFORM;
        case init_kind::normal:
            return wire::Init::Kind::NORMAL;
    }
    KJ_FAIL_REQUIRE("an initial value of an unknown kind");
}

init_kind read(wire::Init::Kind kind) {
    switch (kind) {
        case wire::Init::Kind::ZERO:
            return init_kind::zero;
        case wire::Init::Kind::UNIFORM:
            return init_kind::uniform;
        case wire::Init::Kind::NORMAL:
            return init_kind::normal;
    }
    KJ_FAIL_REQUIRE("an initial value of an unknown kind");
}

void write(const init_rule& rule, wire::Init::Builder to) {
    to.setKind(to_wire(rule.kind));
    to.setScale(rule.scale);
}

init_rule read(wire::Init::Reader from) {
    return {read(from.getKind()), from.getScale()};
}

// Takes the tensor's floats off `floats_left`.
result<tensor_spec> read(wire::TensorSpec::Reader from, std::size_t& floats_left) {
    tensor_spec tensor{from.getName().cStr(), {}, read(from.getInit())};
    std::size_t floats = 1;
    for (const std::uint64_t dimension : from.getShape()) {
        if (dimension == 0) return refuse("tensor", tensor.name, "has a dimension of 0");
        if (dimension > floats_left / floats)
            return refuse(
                "tensor", tensor.name,
                fmt::format("takes the model above its limit of {} floats", layout_floats_max));
        floats *= dimension;
        tensor.shape.push_back(dimension);
    }
    if (tensor.shape.empty()) return refuse("tensor", tensor.name, "has no dimension");
    floats_left -= floats;
    return tensor;
}

result<table_spec> read(wire::TableSpec::Reader from) {
    const std::string name = from.getName().cStr();
    const std::uint64_t width = from.getWidth();
    if (width == 0) return refuse("table", name, "has rows of width 0");
    if (width > table_width_max)
        return refuse(
            "table", name,
            fmt::format("has rows of {} floats where {} are the limit", width, table_width_max));
    return table_spec{name, width, read(from.getInit())};
}

}  // namespace

void write(const model_layout& layout, wire::RunSpec::Builder to) {
    auto tensors = to.initTensors(static_cast<unsigned>(layout.tensors.size()));
    for (unsigned t = 0; t < tensors.size(); ++t) {
        const auto& from = layout.tensors[t];
        tensors[t].setName(from.name);
        auto shape = tensors[t].initShape(static_cast<unsigned>(from.shape.size()));
        for (unsigned d = 0; d < shape.size(); ++d) shape.set(d, from.shape[d]);
        write(from.init, tensors[t].initInit());
    }
    auto tables = to.initTables(static_cast<unsigned>(layout.tables.size()));
    for (unsigned t = 0; t < tables.size(); ++t) {
        const auto& from = layout.tables[t];
        tables[t].setName(from.name);
        tables[t].setWidth(from.width);
        write(from.init, tables[t].initInit());
    }
}

result<model_layout> read_layout(wire::RunSpec::Reader from) {
    model_layout layout;
    std::size_t floats_left = layout_floats_max;
    for (const auto t : from.getTensors()) {
        auto tensor = read(t, floats_left);
        if (!tensor) return tl::unexpected(std::move(tensor.error()));
        layout.tensors.push_back(std::move(*tensor));
    }
    for (const auto t : from.getTables()) {
        auto table = read(t);
        if (!table) return tl::unexpected(std::move(table.error()));
        layout.tables.push_back(std::move(*table));
    }
    return layout;
}

}  // namespace slackline
