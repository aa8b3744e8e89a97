// A small append-only journal of a run: its eras. Each entry is durable before it counts.
//
// Entry: length u32, CRC32C u32 over (position u64, payload), payload; little-endian; never empty.
// The last is an end mark: length 2^32 - 1 and no payload, so that a cut file is no shorter
// journal. The file is replaced as a whole, so a crash never leaves a torn entry: whatever does not
// check is damage, and is refused with its offset.
// Owner and thread: one at a time. Edge: a storage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/storage.hpp"

namespace slackline {

/// The entries in order. An absent file is an empty journal.
result<std::vector<std::string>> read_journal(storage& files, const std::string& path);

/// Appends durably: the whole journal is written anew beside the old one and takes its place, so
/// that a crash leaves one or the other. `entry` is not empty; entries are rare (one an era).
result<void> append_journal(storage& files, const std::string& path, const std::string& entry);

/// These entries, none empty, take the place of all that was there; durable as an append is.
result<void> replace_journal(storage& files, const std::string& path,
                             const std::vector<std::string>& entries);

}  // namespace slackline
