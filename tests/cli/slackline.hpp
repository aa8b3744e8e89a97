// The program as its users start it, and what they read of it.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "child.hpp"
#include "tests/unit/scratch_folder.hpp"

using words = std::vector<std::string>;

constexpr child::milliseconds patience = std::chrono::seconds(30);

/// The words that start `slackline` with these arguments.
words slackline_command(const words& arguments);

child_end slackline(const words& arguments);

/// `train` of the regression example (1000 samples, batches of 16, 10 epochs: 630 items), with its
/// checkpoints in `dir`.
words train_regression(const std::string& dir, const words& more = {});

/// What the command line refuses: that exit code, one sentence, and nothing but that sentence.
void check_refused(const child_end& end, int code, const words& told);

/// Each line must be a JSON object that names its event.
std::vector<nlohmann::json> json_lines(const std::string& out);

/// The last line of a run that is done: its keys and its numbers must agree with each other.
nlohmann::json check_done(const std::string& out);

/// All files below a folder and what is in them, by path; empty where there is no folder.
using folder_content = std::map<std::string, std::string>;
folder_content files_in(const std::string& folder);

/// The files that came, went or changed since; but for a run's lock, which names its last process.
words changed_since(const folder_content& before, const std::string& folder);
