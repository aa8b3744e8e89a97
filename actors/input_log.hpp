// What an actor took in, in its order: in its log, where it has one, and with its copies, where it
// has some. What it answers waits until both hold what it answers to; what is read again at a new
// life, and from where on the log is needed.
//
// Without a log and without copies all is as if it was held at once: that is the level `applied`.
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
#include "actors/replication.hpp"

namespace slackline {

class input_log {
public:
    /// `log`: null where nothing is logged.
    explicit input_log(log_edge* log, replication_settings copies = {})
        : log_(log), copies_(copies) {}

    /// Whether anything ever waits.
    bool waits() const { return log_ != nullptr || copies_.active(); }
    bool logs() const { return log_ != nullptr; }
    replication& copies() { return copies_; }
    const replication& copies() const { return copies_; }
    /// Whether it is this actor that answers.
    bool leads() const { return !copies_.active() || copies_.leads(); }

    /// The position that the next frame gets.
    std::uint64_t next() const { return next_; }
    void append(frame f, urgency u, outbox& out);
    /// Says in the log that an era has begun; the copies know.
    void mark(frame f);
    /// What could wait has waited long enough; nothing where nothing waits. Once a heartbeat.
    void sync(outbox& out);
    /// Instead, while the log is read.
    void say_here(outbox& out) const {
        if (copies_.active()) copies_.stand(out);
    }
    /// Every position below is held by the log and by all copies in sync.
    std::uint64_t held() const;
    bool durable(std::uint64_t position) const { return !waits() || position < held(); }

    /// Once all that was appended until now is held.
    void send(outgoing o, outbox& out);
    /// What can be sent now. Again after the copies said what they hold.
    void note(const logged& l, outbox& out);
    void release(outbox& out);

    /// As the copies' own; what waited to be said by another role is not said any more.
    replication::order lead(wire::Lead::Reader l, outbox& out);
    void follow(wire::Follow::Reader f, outbox& out);
    /// What waits is not said: this life is over.
    void begin_life(std::uint64_t incarnation);

    /// Takes in what a primary passed on, and answers it.
    void take(const frame& outer, wire::Message::Reader m,
              const std::function<void(const frame&, std::uint64_t position)>& each, outbox& out);

    /// Reads what the log holds of that era, part by part; what waits is forgotten. Without a log
    /// there is nothing to read.
    void read_all(std::uint64_t era);
    /// As if the log held nothing.
    void begin_anew();
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
    replication copies_;
    std::uint64_t next_ = 0;
    std::uint64_t durable_ = 0;
    std::uint64_t reads_ = 0;
    std::uint64_t era_ = 0;                    ///< that is read
    std::optional<std::uint64_t> era_begins_;  ///< the first frame of it, or of a later one
    bool reading_ = false;
    bool found_ = false;
    std::uint64_t grown_bytes_ = 0;  ///< since the last cut, or since that was told
    bool unsynced_ = false;          ///< the last append could wait
    std::deque<std::pair<std::uint64_t, outgoing>> waiting_;  ///< until all below is held
    std::map<std::uint64_t, std::uint64_t> cuts_;
};

}  // namespace slackline
