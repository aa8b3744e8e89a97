// A disk in memory that fails and crashes when it is told to.
//
// What it takes from a real one: a file's bytes are durable once its sync succeeded, a name once
// its folder's did. After a crash each name and each file by itself is as it was last made durable,
// or newer, or (a file) newer in part. After a failed sync the bytes, or the names, of that moment
// are never durable, whatever later syncs say; syncing or writing such a file again is a violation.
// Removing a folder is one operation for each thing in it.
//
// Operations are numbered from 1: those that change something, and syncs; reads are free.
// Owner and thread: one test, or the simulator's one thread.
#pragma once

#include <map>
#include <random>
#include <set>

#include "actors/storage.hpp"

namespace slackline {

/// What of the things that were not durable a crash leaves.
enum class survivors {
    nothing,  ///< the disk is as it was last made durable
    names,    ///< names are new, their files' bytes as last made durable
    drawn,    ///< each by a coin, bytes in part and with holes
};

class sim_storage : public storage {
public:
    sim_storage();
    ~sim_storage() override;

    result<std::unique_ptr<storage_file>> create(const std::string& path) override;
    result<bytes> read(const std::string& path) override;
    result<std::uint64_t> size(const std::string& path) override;
    result<void> rename(const std::string& from, const std::string& to) override;
    result<void> make_directory(const std::string& path) override;
    result<void> sync_directory(const std::string& path) override;
    result<std::vector<std::string>> list(const std::string& path) override;
    result<void> remove(const std::string& path) override;

    /// This operation is refused; an append has written half by then.
    void fail_at(std::uint64_t operation) { fail_at_.insert(operation); }

    /// Every read from now on; none: reads succeed again.
    void refuse_reads(std::optional<failure_code> why) { reads_refused_ = why; }

    /// Power goes at this operation: it and everything after it is refused.
    void crash_at(std::uint64_t operation) { crash_at_ = operation; }

    /// Power goes, if it has not yet, and comes back; no fault is planned any more. Open files are
    /// of no use from then on.
    void restart(survivors what, std::uint64_t seed = 0);

    std::uint64_t operations() const { return operations_; }
    bool crashed() const { return crashed_; }

    /// Writes and syncs of a file whose sync had failed.
    const std::vector<std::string>& violations() const { return violations_; }

    /// Damage, at rest. The file must be there.
    void overwrite(const std::string& path, const bytes& content);

private:
    struct file_node;
    struct folder_node;
    struct entry;
    class open_file;

    result<void> operation(const std::string& what);
    result<std::pair<folder_node*, std::string>> parent_of(const std::string& path);
    result<entry> find(const std::string& path);
    result<void> append(file_node& file, std::span<const std::byte> data, const std::string& path);
    result<void> sync(file_node& file, const std::string& path);
    result<void> remove_from(folder_node& folder, const std::string& name, const std::string& path);
    void settle(folder_node& folder, survivors what, std::mt19937_64& random);
    void settle(file_node& file, survivors what, std::mt19937_64& random);

    std::shared_ptr<folder_node> root_;
    std::uint64_t operations_ = 0;
    std::set<std::uint64_t> fail_at_;
    std::optional<failure_code> reads_refused_;
    std::uint64_t crash_at_ = 0;
    bool crashed_ = false;
    std::uint64_t powered_ = 0;  ///< restarts; open files of an earlier one are dead
    std::vector<std::string> violations_;
};

}  // namespace slackline
