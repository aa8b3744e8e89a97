// An actor's side of its log: what waits until the log holds it, what is read again at a new life,
// and from where on the log is needed.
//
// Without a log all is as if it was durable at once: that is the level `applied`.
// Pure. Owner and thread: one actor. Edge: the log.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "actors/log_edge.hpp"
#include "actors/participant.hpp"

namespace slackline {

class input_log {
public:
    /// `log`: null where nothing is logged.
    explicit input_log(log_edge* log) : log_(log) {}

    bool logs() const { return log_ != nullptr; }

    /// The position that the next frame gets.
    std::uint64_t next() const { return next_; }
    void append(frame f, urgency u);
    /// What could wait has waited long enough; nothing where nothing waits. Once a heartbeat.
    void sync();
    bool durable(std::uint64_t position) const { return log_ == nullptr || position < durable_; }

    /// Once all that was appended until now is durable.
    void send(outgoing o, outbox& out);
    /// What can be sent now.
    void note(const logged& l, outbox& out);

    /// Reads what the log holds of that era, part by part; what waits is forgotten. Without a log
    /// there is nothing to read.
    void read_all(std::uint64_t era);
    bool reading() const { return reading_; }
    /// Whether there was anything of that era.
    bool found() const { return found_; }
    /// Gives the era's frames in a part that was asked for. True with the last part: from then on
    /// the next frame comes behind it, and what is of older eras is not needed any more.
    bool take(const logged_part& part,
              const std::function<void(const frame&, std::uint64_t position)>& each);

    /// A checkpoint that is the sum of `entries` entries of the stream needs the log from
    /// `position` on.
    void note_cut(std::uint64_t entries, std::uint64_t position);
    /// True when the log has grown by `bytes` since the last cut, and each time it has grown by as
    /// much again.
    bool has_grown_by(std::uint64_t bytes);
    /// That checkpoint is the oldest that is kept.
    void kept(std::uint64_t entries);

private:
    log_edge* log_;
    std::uint64_t next_ = 0;
    std::uint64_t durable_ = 0;
    std::uint64_t reads_ = 0;
    std::uint64_t era_ = 0;                    ///< that is read
    std::optional<std::uint64_t> era_begins_;  ///< the first frame of it, or of a later one
    bool reading_ = false;
    bool found_ = false;
    std::uint64_t grown_bytes_ = 0;  ///< since the last cut, or since that was told
    bool unsynced_ = false;          ///< the last append could wait
    std::deque<std::pair<std::uint64_t, outgoing>> waiting_;  ///< until the log is durable below
    std::map<std::uint64_t, std::uint64_t> cuts_;
};

}  // namespace slackline
