// The edge from the registrar to jobs: what a job text comes to in this cluster, or why it cannot
// be run.
//
// Owner and thread: the registrar's actor; may block while data is read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/layout.hpp"
#include "messages/failure.hpp"

namespace slackline {

struct job_text {
    std::string file;  ///< for error messages
    std::string text;
    std::string folder;                  ///< where its relative paths stand
    std::vector<std::string> overrides;  ///< "section.key=value"
    bool operator==(const job_text&) const = default;
};

struct prepared_run {
    std::string name;
    job_text job;  ///< with the cluster's number of workers and shards among the overrides
    std::uint64_t samples = 0;
    std::uint32_t checksum = 0;
    model_layout layout;
    std::uint32_t shards = 1;
    std::uint16_t copies = 1;     ///< of each shard and of the sequencer
    std::uint64_t first_era = 1;  ///< one more than the run's last journaled era
};

class run_preparer {
public:
    virtual ~run_preparer() = default;

    /// Reads the job and its data. Refuses what `train` without a cluster refuses: a run that has
    /// checkpoints and is not resumed, a resume that differs, a model that this program lacks.
    /// `shards`: 0, as many as the cluster has.
    virtual result<prepared_run> prepare(const job_text& job, bool resume,
                                         std::uint32_t shards) = 0;

    /// The same run in so many shards, without reading data. Usage where it cannot have them.
    virtual result<prepared_run> resharded(prepared_run run, std::uint32_t shards) = 0;

    /// The run's name alone, without reading data.
    virtual result<std::string> name_of(const job_text& job) = 0;
};

}  // namespace slackline
