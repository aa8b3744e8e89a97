// The CAF actors around a worker and its device.
//
// A device computes one job after the other on the thread that runs it: give its actor a thread of
// its own. It answers to the worker that sent the job.
#pragma once

#include <atomic>
#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <memory>

#include "actors/compute.hpp"
#include "actors/participant_actor.hpp"
#include "actors/worker.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const slackline::compute_job>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slackline::computed)

namespace slackline {

/// What a worker's actor needs besides its edges.
struct worker_parts {
    worker_settings settings;
    std::shared_ptr<const shard_map> map;
    std::shared_ptr<batch_edge> data;
    incarnations_edge* incarnations = nullptr;
    caf::actor device;
    worker_listener tell = {};
    std::shared_ptr<std::atomic<bool>> drained = {};  ///< set once it has left for ever
};

caf::behavior device_actor(caf::event_based_actor* self, std::shared_ptr<model> m,
                           const clock_edge* clock);

caf::behavior worker_actor(caf::event_based_actor* self, worker_parts parts, actor_edges edges);

/// Runs one job: the gradient, its norm, what it threw.
computed run_job(model& m, const compute_job& job, const clock_edge& clock);

}  // namespace slackline
