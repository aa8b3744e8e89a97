// What the command line can ask for: each declares its commands, and sets `chosen` to the one that
// is named.
//
// Owner and thread: run() (cluster/run.hpp), on the main thread; `models` and `chosen` outlive the
// parsing and what is chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "kernels/model.hpp"

namespace slackline {

/// What the command line asks for; returns the exit code.
using command = std::function<int()>;

using models_list = std::vector<model_entry>;

void add_train(CLI::App& app, const models_list& models, command& chosen);
void add_predict(CLI::App& app, const models_list& models, command& chosen);
void add_checkpoints(CLI::App& app, command& chosen);

/// What is asked of a running cluster: its runs and its state.
void add_cluster(CLI::App& app, command& chosen);

/// What makes a cluster: one node of it, or all on this host.
void add_nodes(CLI::App& app, const models_list& models, command& chosen);

}  // namespace slackline
