#include "tests/bench/mlp_work.hpp"

#include "cluster/data/drawn_digits.hpp"
#include "kernels/mlp.hpp"

namespace slackline::bench {

namespace {
constexpr std::uint64_t seed = 1;
constexpr std::uint64_t batch_samples = 64;
constexpr std::uint64_t data_samples = 10'000;
}  // namespace

std::shared_ptr<model> mlp_work::make_model() const {
    model_options options;  // the defaults: hidden = [256, 128], relu, softmax
    return make_mlp(options, data->shape());
}

mlp_work make_mlp_work(optimizer_kind optimizer) {
    mlp_work work;
    work.data = draw_digits(seed, 0, data_samples);
    work.plan = {data_samples, batch_samples, 1, seed};
    work.optimizer.kind = optimizer;
    return work;
}

}  // namespace slackline::bench
