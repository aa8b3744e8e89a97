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
// never retried: the checkpoint is given up, its files removed, and the fault reported. Removing
// begins with the manifest, durably.
// Owner and thread: one publisher a run. Edge: a storage.
#pragma once

#include <string>
#include <vector>

#include "actors/checkpoint/manifest.hpp"
#include "actors/checkpoint_store.hpp"
#include "kernels/layout.hpp"

namespace slackline {

constexpr const char* checkpoint_prefix = "checkpoint-";
constexpr const char* manifest_name = "manifest.json";

struct checkpoint_info {
    std::string path;                     ///< relative to the storage
    result<slackline::manifest> content;  ///< or why the manifest cannot be used
};

/// The published checkpoints of a run, oldest first; folders without a manifest are left out.
result<std::vector<checkpoint_info>> list_checkpoints(storage& files, const std::string& run);

/// One file of a checkpoint, of the size and with the checksum that its manifest states.
result<bytes> read_checkpoint_file(storage& files, const checkpoint_info& info,
                                   const std::string& name);

/// Verifies and reads. The layout must be that of the model that was written.
result<model_state> load_checkpoint(storage& files, const checkpoint_info& info,
                                    const model_layout& layout, std::size_t state_slots);

/// Where the checkpoint of that state stands.
std::string checkpoint_folder(const std::string& run, const model_state& s);

/// Publishes and returns the path. Whatever lay there before is removed first.
result<std::string> publish_checkpoint(storage& files, const run_identity& identity,
                                       const model_layout& layout, const model_state& state,
                                       const std::string& written);

/// Removes all checkpoints but the newest `keep` whose manifests can be read, and those whose
/// manifests cannot that are newer than the oldest of these; and everything unpublished.
result<void> prune_checkpoints(storage& files, const std::string& run, std::size_t keep);

}  // namespace slackline
