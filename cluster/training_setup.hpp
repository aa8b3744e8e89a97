// From a job and its data to the parts of a run.
#pragma once

#include "actors/checkpoint/manifest.hpp"
#include "actors/embedded_run.hpp"
#include "cluster/data/load.hpp"
#include "cluster/job/job.hpp"

namespace slackline {

/// What a checkpoint of this job must agree with.
run_identity identity_of(const job& j, const loaded_data& data);

/// Everything but the edges. `make` makes a fresh model.
run_spec spec_of(const job& j, const loaded_data& data, std::uint64_t run,
                 std::function<std::shared_ptr<model>()> make);

}  // namespace slackline
