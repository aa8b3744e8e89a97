// What a job comes to in this cluster: its data and model read once, on the coordinator's node.
//
// Owner and thread: the registrar's actor, which waits while data is read. Nothing of the run is
// written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/run_preparer.hpp"
#include "kernels/model.hpp"

namespace slackline {

/// What a cluster decides of every run, whatever its job says.
struct cluster_shape {
    std::uint32_t workers = 1;
    std::uint32_t shards = 1;
    std::uint16_t copies_max = 1;  ///< that nodes of their own can hold
    std::int64_t heartbeat_ms = 200;
};

class job_preparer : public run_preparer {
public:
    job_preparer(std::vector<model_entry> models, cluster_shape cluster)
        : models_(std::move(models)), cluster_(cluster) {}

    /// A folder that this very process holds is free: its run is about to end here.
    result<prepared_run> prepare(const job_text& job, bool resume, std::uint32_t shards) override;
    result<prepared_run> resharded(prepared_run run, std::uint32_t shards) override;
    result<std::string> name_of(const job_text& job) override;

private:
    job_text fitted(job_text job, std::uint32_t shards) const;
    result<prepared_run> prepared(job_text job, bool resume) const;

    std::vector<model_entry> models_;
    cluster_shape cluster_;
};

}  // namespace slackline
