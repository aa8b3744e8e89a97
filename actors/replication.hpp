// The copies of a shard or sequencer, as one of them sees it: who leads, and who holds how much.
//
// What such an actor is, is a function of the frames that it took in. So its primary passes each of
// them on, as it came and in the order in which it took it, and what it answers waits until all in
// sync have it; a copy takes them in by the same code, and is by that what the primary is. Frames
// are numbered through an era. Who is primary and who is in sync is the coordinator's to say, by
// lists that terms number: a copy refuses what comes under an older term than the one it knows, so
// a primary that was replaced gets no answer and can acknowledge nothing.
//
// Under one term a primary's set only grows: a copy that it has filled it waits for, and says that
// it is level when it has all that was acknowledged before that; then the coordinator puts it on
// the list. Only a newer term takes somebody away. Source: primary and backups under a
// configuration manager, as in PacificA (Lin, Yang, Zhang, Zhou, Zhou 2008), with frames for its
// log. Pure. Owner and thread: one actor.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/copy_life.hpp"
#include "actors/log_edge.hpp"
#include "actors/participant.hpp"

namespace slackline {

struct replication_settings {
    address self;
    std::uint64_t run = 0;
    std::uint64_t incarnation = 0;
    std::uint16_t places = 1;         ///< where copies may be, its own included
    std::size_t backlog_max = 4'096;  ///< frames kept for a copy that is filled; beyond it is
                                      ///< waited for, or given up where it has said nothing yet
    std::size_t level_within = 64;    ///< a filled copy that lacks no more frames is waited for
};

class replication {
public:
    explicit replication(replication_settings settings) : settings_(settings) {}

    bool active() const { return settings_.places > 1; }
    bool leads() const { return leads_; }
    /// It takes in what a primary passes on.
    bool follows() const { return !leads_ && term_ != 0; }
    /// The term since which it leads.
    std::uint64_t led_since() const { return led_since_; }
    /// The position of the next frame.
    std::uint64_t next() const { return next_; }
    /// Every frame below is held by all in sync; none: one of them has not said yet what it holds.
    std::optional<std::uint64_t> held() const;

    /// A new life, without memory.
    void begin_life(std::uint64_t incarnation);
    /// An era begins here with a state from the coordinator.
    void begin_era(std::uint64_t era);
    /// And with what its log had of it: so many frames.
    void begin_behind(std::uint64_t frames) { next_ = base_ = frames; }
    /// Or with one that a primary sent: another's filling of the same era is older news.
    bool is_news(std::uint64_t era, wire::Filling::Reader f) const;
    void begin_as_copy(std::uint64_t era, wire::Filling::Reader f);

    // A primary.

    /// Whether it leads from now on and did not before, and who is to be filled.
    struct order {
        bool begins = false;
        std::vector<copy_life> to_fill;
    };
    order lead(wire::Lead::Reader l, outbox& out);
    /// `state`, addressed to that copy, says where its frames begin, as filling() wrote it.
    void fill(copy_life to, frame state, std::vector<frame> carried, outbox& out);
    void filling(wire::Filling::Builder to, std::size_t carried) const;
    /// It took a frame in.
    void append(frame f, urgency u, outbox& out);
    /// What could wait has waited long enough.
    void flush(outbox& out);
    /// A copy says what it holds.
    void appended(wire::Message::Reader m, outbox& out);
    /// A digest of the state at a version, to compare copies by.
    void note_digest(std::uint64_t count, std::uint32_t digest);
    /// Once a heartbeat: what was not answered is said again.
    void tick(outbox& out);

    // A copy.

    void follow(wire::Follow::Reader f, outbox& out);
    /// Gives each frame that is the next one; false where it is not to be answered.
    bool take(const frame& outer, wire::Append::Reader a,
              const std::function<void(const frame&)>& each);
    outgoing appended_message(address primary) const;

    /// What the coordinator is told.
    void stand(outbox& out) const;
    /// What it is told by one that holds nothing of any era: that it is here, or that it has left.
    outgoing empty_handed() const;
    /// Whether somebody else computes a digest of each version too.
    bool compares() const { return active() && (!leads_ || !copies_.empty()); }
    /// Of its state, and thousandths of its time: the coordinator is told.
    void note_load(std::uint64_t size_bytes, std::uint32_t busy) {
        bytes_ = size_bytes;
        busy_ = busy;
    }
    /// From now on another is to answer, as soon as one can.
    void leave() { leaving_ = active(); }

private:
    struct copy_state {
        std::uint64_t incarnation = 0;
        bool member = false;         ///< of the coordinator's list
        bool waited_for = false;     ///< since it was nearly level
        std::uint64_t level_at = 0;  ///< what was taken in by then may be acknowledged without it
        bool level = false;          ///< it has that
        bool heard = false;          ///< it has said what it holds, under this term
        bool astray = false;
        std::uint64_t held = 0;
        std::uint64_t sent = 0;
        std::uint64_t held_then = 0;  ///< a heartbeat ago
        std::uint64_t filled = 0;     ///< the term of its filling; 0: by another primary
        std::uint64_t joins = 0;      ///< position of the first frame behind those carried
        std::vector<frame> carried;
        frame state;              ///< said again until it is heard of
        std::uint32_t beats = 0;  ///< since that was said last
    };

    frame_builder message(address to) const;
    address address_of(std::uint16_t copy) const;
    bool required(const copy_state& c) const;
    const frame& at(const copy_state& c, std::uint64_t position) const;
    void send_new(std::uint16_t copy, copy_state& c, outbox& out);
    void send_append(std::uint16_t copy, const copy_state& c, std::uint64_t first,
                     std::uint64_t end, outbox& out) const;
    bool first_word(copy_state& c, wire::Appended::Reader a) const;
    void note_level(copy_state& c, outbox& out) const;
    void compare(copy_state& c, wire::Appended::Reader a) const;
    void forget_what_all_hold();
    void stray(copy_state& c, outbox& out) const;

    replication_settings settings_;
    std::uint64_t era_ = 0;  ///< 0: it has no state
    std::uint64_t term_ = 0;
    std::uint64_t led_since_ = 0;
    std::uint64_t filled_ = 0;  ///< the term of the filling that it began with
    bool leads_ = false;
    bool leaving_ = false;
    std::uint64_t bytes_ = 0;
    std::uint32_t busy_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t base_ = 0;                      ///< position of the first that is kept
    std::deque<frame> kept_;                      ///< what somebody may lack
    std::map<std::uint16_t, copy_state> copies_;  ///< without itself; a primary's
    std::deque<std::pair<std::uint64_t, std::uint32_t>> digests_;  ///< of the last versions
};

}  // namespace slackline
