// What a worker asks of its device and of its data: the two edges of a gradient.
//
// A job refers to the shards' version buffers for its parameters and to the buffers that will be
// sent for its gradient: the arithmetic reads and writes where the bytes lie.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/order.hpp"
#include "kernels/batch.hpp"
#include "kernels/model.hpp"
#include "kernels/parameters.hpp"

namespace slackline {

struct compute_job {
    std::uint64_t attempt = 0;  ///< names the job to its worker
    item_id item = 0;
    std::shared_ptr<const batch> samples;
    parameters at;
    gradients into;
    std::vector<std::shared_ptr<const void>> owners;  ///< of everything that the views point to
    std::shared_ptr<std::atomic<bool>> cancelled;     ///< set: do not begin
};

struct computed {
    std::uint64_t attempt = 0;
    double loss = 0;  ///< mean over the samples
    double squared_norm = 0;
    std::int64_t compute_ms = 0;
    std::string error;  ///< what the gradient threw; empty: none
};

/// Where gradients are computed, one after the other. The answer comes back as a `computed`.
class device_edge {
public:
    virtual ~device_edge() = default;
    virtual void submit(std::shared_ptr<const compute_job> job) = 0;
};

/// The samples of an item, ready for the model. Called by its worker only; may throw.
class batch_edge {
public:
    virtual ~batch_edge() = default;
    virtual std::shared_ptr<const batch> prepare(item_id item, row_requests& requests) = 0;
};

}  // namespace slackline
