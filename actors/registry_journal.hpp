// The edge from the registrar to what outlives it: the journal of the cluster's runs.
//
// Owner and thread: the registrar's actor; may block.
#pragma once

#include <string>
#include <vector>

#include "actors/storage.hpp"

namespace slackline {

class registry_journal {
public:
    virtual ~registry_journal() = default;

    /// Where it is kept, for error sentences.
    virtual std::string place() const = 0;

    /// The entries in order; none where there is no journal yet.
    virtual result<std::vector<std::string>> read() = 0;

    /// Durable when it returns. After an error the entry counts as not written: it is gone with
    /// the next append.
    virtual result<void> append(const std::string& entry) = 0;

    /// These entries take the place of all others, durably.
    virtual result<void> replace(const std::vector<std::string>& entries) = 0;
};

/// In one file of a storage (actors/checkpoint/journal.hpp). The storage, whose root
/// is there, outlives it.
class file_registry_journal : public registry_journal {
public:
    /// `folder` is that of the storage's root, for sentences; `path` lies in it.
    file_registry_journal(storage& files, std::string folder, std::string path);

    std::string place() const override;
    result<std::vector<std::string>> read() override;
    result<void> append(const std::string& entry) override;
    result<void> replace(const std::vector<std::string>& entries) override;

private:
    storage& files_;
    std::string folder_;
    std::string path_;
    std::vector<std::string> entries_;  ///< that were read or written last
};

}  // namespace slackline
