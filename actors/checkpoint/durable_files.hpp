// Whole files that survive a crash: the old content or the new one, never a mixture.
//
// A failed sync is never repeated: the file is given up and the failure returned.
// Owner and thread: one writer a path. Edge: a storage.
#pragma once

#include <span>
#include <string>

#include "actors/storage.hpp"

namespace slackline {

/// Writes PATH.new, makes it durable, and lets it take the place of `path`. After an error `path`
/// holds the old content or, where only the last sync failed, perhaps the new one.
result<void> write_durably(storage& files, const std::string& path,
                           std::span<const std::byte> content);

/// Makes the folder and those above it; their names are durable afterwards. A folder that was made
/// here and whose name could not be made durable is removed, unless somebody uses it already.
result<void> make_durable_directory(storage& files, const std::string& path);

}  // namespace slackline
