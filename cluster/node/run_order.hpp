// What a node is told of the run that it is to hold.
//
// Pure; thread: any.
#pragma once

#include <cstdint>
#include <set>

#include "actors/run_preparer.hpp"
#include "cluster/training_setup.hpp"
#include "messages/frame.hpp"

namespace slackline {

struct run_order {
    std::uint64_t run = 0;
    job_text job;
    data_facts data;  ///< of the training set, as the coordinator's node has it
    model_layout layout;
    std::uint64_t first_era = 1;
    bool adopt = false;               ///< see wire::RunSpec
    std::set<std::uint32_t> removed;  ///< nodes
};

/// Malformed where no model can have such a layout.
result<run_order> read_order(wire::RunSpec::Reader from);

}  // namespace slackline
