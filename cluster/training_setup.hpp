// From a job and its data to the parts of a run.
#pragma once

#include "actors/checkpoint/manifest.hpp"
#include "actors/embedded_run.hpp"
#include "cluster/data/load.hpp"
#include "cluster/job/job.hpp"

namespace slackline {

/// What every host of a run must have alike of its training set.
struct data_facts {
    std::uint64_t samples = 0;
    std::uint32_t checksum = 0;
    bool operator==(const data_facts&) const = default;
};

data_facts facts_of(const loaded_data& data);

/// What a checkpoint of this job must agree with.
run_identity identity_of(const job& j, const data_facts& data);

/// What shards, sequencer, checkpointer and coordinator need: no data and no model.
run_spec spec_of(const job& j, std::uint64_t samples, model_layout layout, std::uint64_t run);

/// Puts in what workers and the evaluator need. `make` makes a fresh model.
void add_compute(run_spec& to, const job& j, const loaded_data& data,
                 std::function<std::shared_ptr<model>()> make);

/// Everything but the edges.
run_spec spec_of(const job& j, const loaded_data& data, std::uint64_t run,
                 std::function<std::shared_ptr<model>()> make);

}  // namespace slackline
