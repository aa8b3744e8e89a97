// What a node needs for its part of a run: read and made where it is needed, and checked against
// what the coordinator's node has.
//
// Workers and the evaluator need the data and the model; shards and the sequencer need neither, for
// the layout and the number of samples come with the order.
// Thread: any; blocks while data is read.
#pragma once

#include <vector>

#include "actors/embedded_run.hpp"
#include "cluster/job/job.hpp"
#include "cluster/node/node_place.hpp"
#include "cluster/node/run_order.hpp"
#include "kernels/model.hpp"

namespace slackline {

struct run_part {
    job what;
    run_spec spec;
};

/// Refused with a sentence where this node cannot hold its part.
result<run_part> make_part(const run_order& order, const node_place& here,
                           const std::vector<model_entry>& models);

}  // namespace slackline
