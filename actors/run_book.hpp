// The book of a cluster's runs: those that were submitted, in their order, and how they ended.
//
// It changes by entries only, the same ones that are journaled: whoever changes it makes an entry,
// writes it down, and applies it; a replay applies what was written. Entries are JSON objects on
// one line: {"entry": "numbers", "next"}, {"entry": "submitted", "run", "name", "job", "resume",
// "first_era", "time_s"}, {"entry": "opened", "run", "first_era"}, {"entry": "ended", "run", "how",
// "sentence"}. Of the runs that ended the last 100 are kept; a number is never given twice.
// Pure; owner and thread: one at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "actors/run_preparer.hpp"

namespace slackline {

enum class run_state { waiting, opened, done, failed, cancelled };

struct booked_run {
    std::uint64_t number = 0;
    std::string name;
    job_text job;  ///< as it was submitted
    bool resume = false;
    std::uint64_t first_era = 1;  ///< since it was opened: as it was then
    std::int64_t time_s = 0;      ///< when it was submitted; seconds since 1970
    run_state state = run_state::waiting;
    std::uint32_t shards = 0;  ///< since it was opened
    std::string sentence;      ///< why it failed

    /// It was trained under this submission, perhaps by another number.
    bool begun() const { return state == run_state::opened || shards != 0; }
    bool ended() const { return state != run_state::waiting && state != run_state::opened; }
};

class run_book {
public:
    static constexpr std::size_t ended_max = 100;

    /// The book that these entries make. Malformed, with the entry's place in the list, where one
    /// is no entry or does not fit those before it.
    static result<run_book> replay(const std::vector<std::string>& entries);

    /// Entries that make this book, as few as there can be.
    std::vector<std::string> entries() const;

    /// Entries to write down and apply. Usage where a text is no UTF-8: it would not come back.
    result<std::string> submission(const booked_run& run) const;
    static std::string opening(std::uint64_t number, std::uint64_t first_era, std::uint32_t shards);
    /// It waits to be opened again, in other shards and under another number, so that nothing that
    /// was said of the old ones can be taken for theirs.
    static std::string resharding(std::uint64_t number, std::uint64_t as, std::uint32_t shards);
    static std::string end(std::uint64_t number, run_state how, const std::string& sentence);

    /// Malformed: nothing has changed.
    result<void> apply(const std::string& entry);

    /// A number that no run has had.
    std::uint64_t next_number() const { return next_; }

    /// In the order of their submission; the first is active or about to be.
    const std::deque<booked_run>& open_runs() const { return open_; }

    /// In the order of their ends.
    const std::deque<booked_run>& ended_runs() const { return ended_; }

    const booked_run* find(std::uint64_t number) const;

    /// The run of that name that has not ended, else the one that ended last.
    const booked_run* find(const std::string& name) const;

private:
    result<void> change(const std::string& entry);
    result<void> submit(booked_run run);
    result<void> open(std::uint64_t number, std::uint64_t first_era, std::uint32_t shards);
    result<void> reshard(std::uint64_t number, std::uint64_t as, std::uint32_t shards);
    result<void> finish(std::uint64_t number, run_state how, const std::string& sentence);

    std::deque<booked_run> open_;
    std::deque<booked_run> ended_;
    std::uint64_t next_ = 1;
};

/// "waiting", "active", "done", "failed", "cancelled".
const char* name_of(run_state state);

}  // namespace slackline
