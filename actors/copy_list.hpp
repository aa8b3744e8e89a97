// One shard's or the sequencer's copies, as the coordinator sees them: where they are to be, who is
// in sync, who leads, who is being filled. Pure.
//
// There may be more places than copies are wanted, a copy's number naming its place: what is at no
// wanted one holds nothing. A part moves by another place being wanted: it is filled, and who is
// not wanted any more ends when it is in sync. So pushes go on meanwhile, at any level.
//
// The list of those in sync is what counts: only its members are ever promoted. It has a term,
// which rises when somebody leaves it, joins it, or is filled no more. A primary is told a list
// when it is journaled, and acknowledges by it from then on; so everyone on the list that was
// journaled last has all that was acknowledged. A primary that is lost is replaced by the member
// that has taken in the most, once all of them refuse the former one. Everything that is sent says
// how things are, so it may be sent again, or get lost. Owner and thread: the coordinator.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/copy_life.hpp"
#include "actors/participant.hpp"

namespace slackline {

class copy_list {
public:
    struct settings {
        address part;  ///< its first copy
        std::uint64_t run = 0;
        std::uint16_t places = 1;              ///< where a copy may be
        std::uint16_t wanted = 1;              ///< copies
        std::int64_t dead_ms = 1'000;          ///< of silence
        bool logged = false;                   ///< the last that is in sync is worth waiting for
        std::set<std::uint16_t> removed = {};  ///< places of nodes that will not come
    };
    /// What is journaled before a primary is told it.
    struct note {
        std::uint64_t term = 0;
        std::vector<copy_life> members;
        bool operator==(const note&) const = default;
    };

    explicit copy_list(settings s) : settings_(std::move(s)), copies_(settings_.places) {
        want_first();
    }

    /// Nothing of this era is held by anybody.
    void begin_era(std::uint64_t era);
    /// This life was given the era's state: it is the list.
    void restored(copy_life who);
    /// What a former coordinator left.
    void adopt(std::uint64_t era, const note& left, std::int64_t now_ms);
    /// Whether there is a list to journal; and that one, which counts as journaled from now on.
    bool to_note() const;
    note take_note();
    note noted() const { return led_; }

    /// Another place is wanted instead of one. False: that cannot be, or need not.
    bool place(std::uint16_t at, std::uint16_t instead_of);

    /// Who is to be given the era's state: the first wanted one that was heard of lately, or the
    /// first.
    std::uint16_t candidate() const;

    /// A life that holds nothing of this era.
    void empty_handed(copy_life who, std::int64_t now_ms, outbox& out);
    /// One that holds it.
    void stands(std::uint16_t copy, wire::Standing::Reader s, std::int64_t now_ms, outbox& out);
    /// It holds nothing, and its node is asked to end.
    void left(copy_life who);
    /// Its node's connection is lost.
    void disconnected(std::uint16_t copy);
    /// Once a heartbeat. Ends lives that were silent for the dead time, but the last one in sync
    /// only where it was silent for ten times as long and another place can be given the state of
    /// a checkpoint. Who is away for so long is replaced.
    void tick(std::int64_t now_ms);
    /// Nobody is judged by what was before.
    void postpone(std::int64_t now_ms);

    /// Once what is to be noted is journaled: those whom it concerns are told. `again`: also who
    /// was told before.
    void send(bool again, outbox& out);

    bool began() const { return term_ != 0; }
    /// Nobody has all of the era any more, in memory.
    bool lost() const { return began() && members_.empty(); }
    /// Of those that had it and are back: whose log is to be tried.
    std::optional<copy_life> back() const;
    /// Its log does not have all of it. False: nobody else's may.
    bool was_in_vain(std::uint16_t copy);
    /// It leads, and has said so.
    std::optional<std::uint16_t> leader() const;
    /// Since when it is to lead.
    std::uint64_t leads_since() const { return chosen_in_; }
    std::size_t in_sync() const { return members_.size(); }
    std::size_t wanted() const { return settings_.wanted; }
    std::vector<std::uint16_t> members() const;
    std::vector<copy_life> filling() const;
    /// Wanted and not in sync, whether it is there or not.
    std::vector<std::uint16_t> lacking() const;
    std::uint64_t bytes() const;
    std::uint32_t busy() const;
    /// Everyone that is there is in sync.
    bool complete() const;
    address part() const { return settings_.part; }
    bool lives(copy_life who) const {
        return copies_[who.copy].life == who.incarnation && copies_[who.copy].alive();
    }
    /// It was declared dead, whatever it says.
    bool over(copy_life who) const { return who.incarnation <= copies_[who.copy].dead; }
    std::uint64_t life_of(std::uint16_t copy) const { return copies_[copy].life; }
    /// What happened since this was asked last, for people.
    std::vector<std::string> take_news();

private:
    struct copy_view {
        std::uint64_t life = 0;  ///< the newest that was heard of
        std::uint64_t dead = 0;  ///< lives up to this one are over
        std::int64_t heard_ms = 0;
        bool holds = false;  ///< this life has said what it holds of this era
        bool leads = false;
        bool leaving = false;
        std::uint64_t bytes = 0;
        std::uint32_t busy = 0;
        std::uint64_t term = 0;
        std::uint64_t next = 0;
        std::pair<std::uint64_t, std::vector<copy_life>> told;  ///< term and who is to be filled

        bool alive() const { return life > dead; }
    };

    void meets(copy_life who, std::int64_t now_ms);
    void end_life(std::uint16_t copy, const char* why);
    void heed_primary(wire::Standing::Reader s);
    void choose();
    void want_first();
    void arrange();
    void give_up_place(std::uint16_t at);
    std::optional<std::uint16_t> spare(std::int64_t since_ms) const;
    bool alone(std::uint16_t copy) const { return members_.size() == 1 && members_.contains(copy); }
    void end_the_silent(std::int64_t now_ms);
    void replace_the_absent(std::int64_t now_ms);
    frame_builder message(std::uint16_t copy) const;
    address address_of(std::uint16_t copy) const;
    void fence(copy_life who, outbox& out) const;
    void send_lead(bool again, outbox& out);
    std::string name(std::uint16_t copy) const;

    settings settings_;
    std::uint64_t era_ = 0;
    std::uint64_t term_ = 0;  ///< 0: nobody was restored yet
    std::uint64_t chosen_in_ = 0;
    std::optional<std::uint16_t> primary_;
    std::map<std::uint16_t, std::uint64_t> members_;  ///< copy -> life
    std::set<std::uint16_t> wanted_;                  ///< places
    note led_;                                        ///< what was journaled last
    std::set<std::uint16_t> in_vain_;                 ///< copies whose logs were tried
    std::vector<copy_view> copies_;                   ///< [copies]
    std::vector<std::string> news_;
};

/// For people: "shard 1", "the sequencer".
std::string part_name(address shard_or_sequencer);

}  // namespace slackline
