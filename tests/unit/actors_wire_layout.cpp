// A layout that is written is the layout that is read; one that a node cannot hold is refused.
#include "actors/wire_layout.hpp"

#include <limits>
#include <random>

#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr auto u64_max = std::numeric_limits<std::uint64_t>::max();

init_rule drawn_rule(std::mt19937_64& r) {
    constexpr init_kind kinds[] = {init_kind::zero, init_kind::uniform, init_kind::normal};
    return {kinds[r() % 3], static_cast<float>(r() % 1000) / 8};
}

model_layout drawn(std::uint64_t seed) {
    std::mt19937_64 r(seed);
    model_layout l;
    for (auto n = r() % 5; n > 0; --n) {
        tensor_spec t{"tensor " + std::to_string(r() % 100), {}, drawn_rule(r)};
        for (auto d = 1 + r() % 4; d > 0; --d) t.shape.push_back(1 + r() % 500);
        l.tensors.push_back(t);
    }
    for (auto n = r() % 5; n > 0; --n)
        l.tables.push_back({"table " + std::to_string(r() % 100), 1 + r() % 5000, drawn_rule(r)});
    return l;
}

result<model_layout> there_and_back(const model_layout& l) {
    frame_builder b({role::REGISTRAR, 0}, {role::NODE, 1}, 1, 0);
    write(l, b.root().initAssign().initSpec());
    const frame f = b.finish();
    frame_reader reader(f);
    return read_layout(reader.root().getAssign().getSpec());
}

void check_rule(const init_rule& back, const init_rule& sent) {
    CHECK(back.kind == sent.kind);
    CHECK(back.scale == sent.scale);
}

void check_same(const model_layout& back, const model_layout& sent) {
    REQUIRE(back.tensors.size() == sent.tensors.size());
    for (std::size_t t = 0; t < sent.tensors.size(); ++t) {
        CHECK(back.tensors[t].name == sent.tensors[t].name);
        CHECK(back.tensors[t].shape == sent.tensors[t].shape);
        check_rule(back.tensors[t].init, sent.tensors[t].init);
    }
    REQUIRE(back.tables.size() == sent.tables.size());
    for (std::size_t t = 0; t < sent.tables.size(); ++t) {
        CHECK(back.tables[t].name == sent.tables[t].name);
        CHECK(back.tables[t].width == sent.tables[t].width);
        check_rule(back.tables[t].init, sent.tables[t].init);
    }
}

void check_refused(const model_layout& l, const std::string& name) {
    const auto back = there_and_back(l);
    REQUIRE_FALSE(back);
    CHECK(back.error().code == failure_code::malformed);
    INFO(back.error().sentence);
    CHECK(back.error().sentence.find('"' + name + '"') != std::string::npos);
}

model_layout with_shape(std::vector<std::size_t> shape) {
    return {{{"good", {3, 4}, {}}, {"bad", std::move(shape), {}}}, {}};
}

model_layout with_width(std::size_t width) {
    return {{}, {{"good", 3, {}}, {"bad", width, {}}}};
}

}  // namespace

TEST_CASE("a layout comes back as it was written") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        INFO("seed " << seed);
        const auto sent = drawn(seed);
        const auto back = there_and_back(sent);
        REQUIRE(back);
        check_same(*back, sent);
    }
}

TEST_CASE("writing a layout leaves the rest of the run as it is") {
    frame_builder b({role::REGISTRAR, 0}, {role::NODE, 1}, 1, 0);
    auto spec = b.root().initAssign().initSpec();
    spec.setRun(11);
    spec.setSamples(12);
    write(drawn(1), spec);
    CHECK(spec.getRun() == 11);
    CHECK(spec.getSamples() == 12);
}

TEST_CASE("a tensor that has no size is refused by name") {
    check_refused(with_shape({}), "bad");
    check_refused(with_shape({0}), "bad");
    check_refused(with_shape({5, 0}), "bad");
    check_refused(with_shape({5, 0, 2}), "bad");
}

TEST_CASE("a tensor whose size overflows or passes the limit is refused by name") {
    check_refused(with_shape({u64_max}), "bad");
    check_refused(with_shape({std::size_t{1} << 32, std::size_t{1} << 32}), "bad");  // 0 mod 2^64
    check_refused(with_shape({u64_max, u64_max, u64_max}), "bad");                   // -1 mod 2^64
    check_refused(with_shape({2, layout_floats_max / 2 + 1}), "bad");
}

TEST_CASE("the limit holds for all tensors together") {
    CHECK(there_and_back(with_shape({layout_floats_max - 12})));  // the other one has 12
    check_refused(with_shape({layout_floats_max - 11}), "bad");
    model_layout l{{{"whole", {layout_floats_max}, {}}}, {}};
    CHECK(there_and_back(l));
    l.tensors.push_back({"one more", {1}, {}});
    check_refused(l, "one more");
}

TEST_CASE("a table without width, or whose row fits no chunk, is refused by name") {
    check_refused(with_width(0), "bad");
    check_refused(with_width(table_width_max + 1), "bad");
    check_refused(with_width(u64_max), "bad");
    CHECK(there_and_back(with_width(table_width_max)));
}
