// The checkpoint store of one run over a storage: newest state, eras, publishing.
//
// Thread: as the edge says; one waits for the other where an era begins while a checkpoint is
// written. Edges: a storage, the wall clock's text, a warning.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "actors/checkpoint/checkpoint_files.hpp"
#include "actors/checkpoint_store.hpp"

namespace slackline {

struct stored_checkpoints_settings {
    run_identity identity;
    model_layout layout;
    std::size_t state_slots = 0;
    std::size_t keep = 2;  ///< newest ones that stay; at least 2
    bool logged = false;   ///< what is done in an era is logged
};

class stored_checkpoints : public checkpoint_store {
public:
    stored_checkpoints(stored_checkpoints_settings settings, storage& files,
                       std::function<std::string()> now_utc,
                       std::function<void(const std::string&)> warn);

    /// Damaged ones are named by a warning and an older one is tried; an error where all are.
    result<std::optional<model_state>> newest();
    /// Above every journaled era and, should the journal be lost, above every checkpoint's.
    result<era_start> begin_era() override;
    result<std::optional<model_state>> newest_of(std::uint64_t era) override;
    /// As begin_era counts, whether or not there is a folder yet.
    result<std::uint64_t> last_era() override;
    result<void> note_copies(std::uint64_t era, const std::string& lists) override;
    result<std::string> copies_of(std::uint64_t era) override;
    result<std::string> publish(const model_state& state) override;

private:
    std::string journal() const { return settings_.identity.run + "/journal"; }
    result<model_state> load(const checkpoint_info& c);

    stored_checkpoints_settings settings_;
    storage& files_;
    std::function<std::string()> now_utc_;
    std::function<void(const std::string&)> warn_;
    std::mutex mutex_;
    std::uint64_t era_ = 0;  ///< that was begun last
    std::string published_;  ///< the last one; a cut that is reported twice is written once
};

}  // namespace slackline
