// The simulated model: cheap gradients that depend on parameters, samples and item alone.
#pragma once

#include <memory>
#include <optional>

#include "actors/compute.hpp"
#include "kernels/model.hpp"

namespace slackline {

/// Two tensors and, where `with_table`, a table of width 3. Gradients hold a part of the
/// parameters, so that the version they were computed on shows in their bits.
/// `poison`: the gradient of this item throws; none: no item does.
struct sim_model_settings {
    bool with_table = true;
    std::optional<std::uint64_t> poison;
};

std::shared_ptr<model> make_sim_model(sim_model_settings settings);

/// The batches of that model: item numbers as features, and a few ids.
std::shared_ptr<batch_edge> make_sim_batches(bool with_table);

}  // namespace slackline
