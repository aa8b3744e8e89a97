// The storage edge on a directory of this machine.
//
// Thread-safe: it keeps no state but the directory's name.
#pragma once

#include <string>

#include "actors/storage.hpp"

namespace slackline {

class posix_storage : public storage {
public:
    explicit posix_storage(std::string root) : root_(std::move(root)) {}

    result<std::unique_ptr<storage_file>> create(const std::string& path) override;
    result<bytes> read(const std::string& path) override;
    result<std::uint64_t> size(const std::string& path) override;
    result<void> rename(const std::string& from, const std::string& to) override;
    result<void> make_directory(const std::string& path) override;
    result<void> sync_directory(const std::string& path) override;
    result<std::vector<std::string>> list(const std::string& path) override;
    result<void> remove(const std::string& path) override;

    /// Takes `path` for this process until the returned handle is gone; refused, naming the
    /// holder, while another process has it.
    result<std::shared_ptr<void>> lock(const std::string& path);

    /// The number of the process that took `path` last; empty where none can be read.
    std::string holder(const std::string& path);

    /// A path as the user knows it.
    std::string full(const std::string& path) const;

private:
    result<void> make_root() const;

    std::string root_;
};

}  // namespace slackline
