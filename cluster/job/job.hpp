// A job: everything that one training run is, read from a TOML file and overrides.
//
// Unknown keys, wrong types and values out of range are refused with their place; nothing is
// guessed. Relative paths resolve against the job file's folder.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "actors/consistency.hpp"
#include "actors/schedule.hpp"
#include "cluster/data/csv.hpp"
#include "cluster/data/libsvm.hpp"
#include "kernels/model.hpp"
#include "kernels/optimizer.hpp"

namespace slackline {

struct data_settings {
    std::string format;  ///< idx, libsvm, csv or drawn-digits
    std::string path;    ///< a folder with the usual file names
    std::string train;   ///< or the files themselves
    std::string test;
    std::string train_labels;  ///< idx
    std::string test_labels;   ///< idx
    unsigned index_base = 1;   ///< libsvm
    bool value_target = false;
    csv_options csv;
    std::uint64_t train_samples = 20'000;  ///< drawn-digits
    std::uint64_t test_samples = 4'000;    ///< drawn-digits
    double validation = 0;                 ///< part of the training set held out, from its end
};

struct job {
    std::string file;  ///< where it was read from
    std::string text;  ///< as it stands in the file
    std::string name;
    std::uint32_t epochs = 1;
    std::uint64_t seed = 1;
    std::uint32_t batch = 64;
    std::uint32_t workers = 2;
    std::uint32_t shards = 2;
    std::uint32_t tries = 3;
    double gradient_norm_max = 0;
    std::int64_t heartbeat_ms = 200;
    data_settings data;
    std::string model_kind;
    model_options model;
    std::string model_place;                          ///< of the section: "job.toml:17"
    std::map<std::string, std::string> model_places;  ///< of each of its keys
    optimizer_settings optimizer;
    double learning_rate = 0.1;
    float clip_norm = 0;
    schedule_kind schedule = schedule_kind::constant;
    double final_rate = 0;
    double warmup_epochs = 0;
    double step_epochs = 1;
    double factor = 0.1;
    consistency_settings consistency;
    std::uint32_t evaluate_every_epochs = 1;
    std::uint32_t patience = 0;
    double min_delta = 0;
    std::string checkpoint_dir;
    double checkpoint_every_s = 60;
    double checkpoint_give_up_s = 60;  ///< a last one that fails is tried for so long
    std::uint32_t keep = 2;
    double every_log_mb = 1'024;  ///< a shard's log that grew by so much wants a checkpoint
};

/// "section.key" and a TOML value (or bare text, taken as a string).
using job_overrides = std::vector<std::pair<std::string, std::string>>;

/// Splits "section.key=value"; refuses what is none.
result<std::pair<std::string, std::string>> read_override(const std::string& argument);

result<job> read_job(const std::string& path, const job_overrides& overrides);

/// The same from text; `place` stands for the file in errors, `folder` for its folder.
result<job> parse_job(const std::string& text, const std::string& place, const std::string& folder,
                      const job_overrides& overrides);

}  // namespace slackline
