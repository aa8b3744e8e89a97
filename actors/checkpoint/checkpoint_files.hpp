// Checkpoints as files: published safely, listed, verified, loaded.
//
//   <run>/journal                                 eras (journal.hpp)
//   <run>/checkpoint-<era>-<count>-<cut>/         numbers with leading zeros: sorted by age
//       model.safetensors                         whole tensors; tables as NAME.ids, NAME.rows
//       state.safetensors                         optimizer state: NAME.state0, NAME.state1
//       manifest.json                             last; without it there is no checkpoint
//
// Publishing: exclusive temporary file -> write -> fsync -> rename -> fsync of the folder -> read
// again and verify; the manifest likewise, last; older ones go only after that. A failed sync is
// never retried: the checkpoint is abandoned and the fault reported.
// Owner and thread: one publisher a run. Edge: a storage.
#pragma once

#include <string>
#include <vector>

#include "actors/checkpoint/manifest.hpp"
#include "actors/checkpoint_store.hpp"
#include "kernels/layout.hpp"

namespace slackline {

struct checkpoint_info {
    std::string path;                     ///< relative to the storage
    result<slackline::manifest> content;  ///< or why the manifest cannot be used
};

/// The published checkpoints of a run, oldest first; folders without a manifest are left out.
result<std::vector<checkpoint_info>> list_checkpoints(storage& files, const std::string& run);

/// Every file of the manifest is there, has its size and its checksum.
result<void> verify_checkpoint(storage& files, const checkpoint_info& info);

/// Verifies and reads. The layout must be that of the model that was written.
result<model_state> load_checkpoint(storage& files, const checkpoint_info& info,
                                    const model_layout& layout, std::size_t state_slots);

/// Publishes and returns the path. Published before by this cut: nothing is written again.
result<std::string> publish_checkpoint(storage& files, const run_identity& identity,
                                       const model_layout& layout, const model_state& state,
                                       const std::string& written);

/// Removes published checkpoints but for the newest `keep`, and everything unpublished.
result<void> prune_checkpoints(storage& files, const std::string& run, std::size_t keep);

}  // namespace slackline
