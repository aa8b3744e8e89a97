// What follows for a run from its job and the shape of its model.
#include "cluster/training_setup.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

run_spec spec(std::size_t floats, optimizer_kind optimizer, std::uint32_t shards) {
    job j;
    j.shards = shards;
    j.optimizer.kind = optimizer;
    return spec_of(j, 1'000, {{{"w", {floats}, {init_kind::zero, 0}}}, {}}, 1);
}

}  // namespace

TEST_CASE("the parts of a cut have half a minute and what 10 MB a second take",
          "[training-setup]") {
    CHECK(spec(16, optimizer_kind::sgd, 1).cut_parts_ms == 30'000);
    // 250 million floats are 1 GB: 100 s; Adam has two more of them.
    CHECK(spec(250'000'000, optimizer_kind::sgd, 1).cut_parts_ms == 130'000);
    CHECK(spec(250'000'000, optimizer_kind::adam, 1).cut_parts_ms == 330'000);
}
