// The work that every variant of the mlp benchmark does: MLP 784-256-128-10, batches of 64 from
// images in memory, a step of one optimizer.
#pragma once

#include <memory>

#include "actors/item_plan.hpp"
#include "cluster/data/dataset.hpp"
#include "kernels/model.hpp"
#include "kernels/optimizer.hpp"
#include "tests/bench/machine.hpp"

namespace slackline::bench {

struct mlp_work {
    std::shared_ptr<const dataset> data;
    item_plan plan;
    optimizer_settings optimizer;
    float learning_rate = 0.01f;

    std::shared_ptr<model> make_model() const;
};

mlp_work make_mlp_work(optimizer_kind optimizer);

/// So many items before the clock starts, in every variant: buffers are touched, queues are full.
constexpr std::uint64_t warm_items = 100;

/// What `items` items took, after warm_items others.
struct mlp_sample {
    std::uint64_t items = 0;
    cpu_use use;
    std::uint64_t frames = 0;  ///< between actors

    double samples_per_s(std::uint64_t batch) const {
        return static_cast<double>(items * batch) / use.wall_s;
    }
    double an_item(double of_all) const { return of_all / static_cast<double>(items); }
};

/// One thread, no servers: gradient, then the step in place.
mlp_sample mlp_alone(const mlp_work& work, std::uint64_t items);

/// `threads` threads on the same parameters without any lock (Recht et al. 2011), each with
/// gradient buffers of its own; optimizer state is shared as well.
mlp_sample mlp_hogwild(const mlp_work& work, std::uint64_t items, unsigned threads);

/// The embedded run, preset "bounded": staleness at most 8.
mlp_sample mlp_slackline(const mlp_work& work, std::uint64_t items, unsigned workers,
                         unsigned shards);

}  // namespace slackline::bench
