// The edge to files. Production: a directory of a disk. Simulation: a model of one.
//
// Paths are relative to the storage's root, with '/' between parts. Errors are values.
// Owner and thread: implementations are thread-safe; one actor writes a given path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "messages/failure.hpp"

namespace slackline {

using bytes = std::vector<std::byte>;

/// A file being written. Nothing is durable before sync() succeeded; after a failed sync the file
/// is abandoned, never synced again.
class storage_file {
public:
    virtual ~storage_file() = default;
    virtual result<void> append(std::span<const std::byte> data) = 0;
    virtual result<void> sync() = 0;
};

class storage {
public:
    virtual ~storage() = default;

    /// Creates a new file; already_exists when the path is taken.
    virtual result<std::unique_ptr<storage_file>> create(const std::string& path) = 0;

    virtual result<bytes> read(const std::string& path) = 0;
    virtual result<std::uint64_t> size(const std::string& path) = 0;

    /// Replaces `to` atomically. Durable once sync_directory of its folder succeeded.
    virtual result<void> rename(const std::string& from, const std::string& to) = 0;

    /// Makes a folder and those above it, the root included; no error where it is there. Durable
    /// once sync_directory of the folder above succeeded; the root is durable at once.
    virtual result<void> make_directory(const std::string& path) = 0;
    virtual result<void> sync_directory(const std::string& path) = 0;

    /// Names in a folder, sorted; not_found when there is no such folder.
    virtual result<std::vector<std::string>> list(const std::string& path) = 0;

    /// Removes a file, or a folder with all in it. Absent: no error.
    virtual result<void> remove(const std::string& path) = 0;
};

}  // namespace slackline
