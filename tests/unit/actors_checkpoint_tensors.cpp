// Tensors of a checkpoint as they are summed up and taken back into a model.
#include <limits>

#include "actors/checkpoint/inspection.hpp"
#include "actors/checkpoint/model_files.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

tensor_entry floats(const std::string& name, std::vector<std::size_t> shape,
                    const std::vector<float>& v) {
    return {name, tensor_type::f32, std::move(shape), std::as_bytes(std::span(v))};
}

}  // namespace

TEST_CASE("a summary counts zeros and what is not finite, and measures the rest") {
    constexpr float inf = std::numeric_limits<float>::infinity();
    const std::vector<float> v{0, 2, inf, -4, std::numeric_limits<float>::quiet_NaN(), 6, -inf, 0};
    const auto all = summarize(write_safetensors(std::vector{floats("w", {2, 4}, v)}, {}), "PLACE");
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    const auto& s = all->front();
    CHECK(s.values == 8);
    CHECK(s.zeros == 2);
    CHECK(s.not_finite == 3);
    CHECK(s.min == -4);
    CHECK(s.max == 6);
    CHECK(s.mean == Approx(0.8));                      // of 0, 2, -4, 6, 0
    CHECK(s.deviation == Approx(3.2496153618543841));  // sqrt(52.8 / 5)
}

TEST_CASE("ids that are floats are not taken for ids") {
    const model_layout layout{{}, {{"rows", 2, {}}}};
    const std::vector<float> ids{1, 2};
    const std::vector<float> numbers{1, 2, 3, 4};
    model_state to;
    const auto file = write_safetensors(
        std::vector{floats("rows.ids", {2}, ids), floats("rows.rows", {2, 2}, numbers)}, {});
    const auto read = read_model_file(file, "PLACE", layout, to);
    REQUIRE_FALSE(read);
    CHECK(read.error().sentence.find("rows.ids in PLACE has another shape") == 0);
}
