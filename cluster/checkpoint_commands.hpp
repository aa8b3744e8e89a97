// `slackline checkpoint`: what runs have saved, in words or as JSON lines.
//
// Each returns the exit code: 0 done, 1 failed or damaged, 2 usage. Results go to stdout, errors to
// stderr. They only read the runs' folders, so a run may be training meanwhile.
// Owner and thread: the main thread.
#pragma once

#include <string>

#include "cluster/checkpoint_choice.hpp"

namespace slackline {

/// One line a checkpoint, of one run or of all. Sizes are compared, contents are not read.
int checkpoint_list(const checkpoint_choice& choice, bool json);

/// The manifest, the ledger, the tensors in figures, and the job.
int checkpoint_inspect(const checkpoint_choice& choice, bool json);

/// Reads every file again: of the chosen checkpoint, or of `all` of the run and its journal.
int checkpoint_verify(const checkpoint_choice& choice, bool all, bool json);

/// Writes the model alone to `to`, whole or not at all; replaces a file only with `force`.
int checkpoint_export(const checkpoint_choice& choice, const std::string& to, bool force,
                      bool json);

}  // namespace slackline
