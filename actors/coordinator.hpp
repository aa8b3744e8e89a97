// The coordinator: takes a run from start to end, and back to its checkpoint after a loss.
//
// An era begins with all shards and the sequencer restored to one state: the newest published
// checkpoint, or the initial values. A shard or sequencer that comes back in a new life has lost
// its memory: where its log has all of it, it is given the newest checkpoint of the era and goes on
// in it; else a new era begins. Where it has copies, one of those in sync takes over, and a new
// life is filled by it; the coordinator's lists say who is in sync. A coordinator that comes back
// itself asks them all what they hold: where that is the era it left, it goes on in it. Asked to
// hold, it has the order stand and all of it in a checkpoint, and does nothing then until it is
// told to go on. It is never on the path of a gradient. Owner and thread: one actor. Edges:
// checkpoints and journal, the observer.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/checkpoint_store.hpp"
#include "actors/copy_list.hpp"
#include "actors/cut_request.hpp"
#include "actors/participant.hpp"
#include "actors/run_observer.hpp"
#include "actors/shard_map.hpp"

namespace slackline {

struct coordinator_settings {
    std::uint64_t run = 0;
    std::uint32_t workers = 1;
    std::uint64_t items_total = 0;
    std::int64_t resend_ms = 1'000;
    std::int64_t checkpoint_every_ms = 0;  ///< 0: only at the end
    std::int64_t cut_soon_ms = 2'000;      ///< a cut that is waited for and is not there by then
                                           ///< is asked for again; then after twice as long ...
    std::int64_t cut_ms = 60'000;          ///< ... and so on, up to this
    std::int64_t give_up_ms = 60'000;      ///< a last checkpoint that fails is tried for so long
    std::uint32_t patience = 0;            ///< evaluations without gain before the end; 0: never
    double min_delta = 0;                  ///< a gain is more than this
    bool logged = false;                   ///< shards and the sequencer have logs
    std::uint16_t copies = 1;              ///< wanted, of each shard and of the sequencer
    std::uint16_t places = 1;              ///< where there may be one
    /// Whether that place of a part is on a node that will not come. Empty: none is.
    std::function<bool(address)> removed = {};
    std::int64_t dead_ms = 1'000;  ///< a copy that is silent for so long is dead
    std::size_t keep = 2;          ///< checkpoints that are kept: the logs reach back to the oldest
    std::optional<std::uint64_t> adopt;  ///< the era that may be alive; none: begin one
    std::uint64_t first_era = 0;  ///< checkpoints of earlier ones belong to other submissions;
                                  ///< 0: that which is begun or taken over first
};

class coordinator : public participant {
public:
    coordinator(coordinator_settings settings, std::shared_ptr<const shard_map> map,
                checkpoint_store& store, run_observer& observer);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

private:
    enum class phase { idle, adopting, restoring, starting, serving, ended };

    void begin_adopting(std::int64_t now_ms, outbox& out);
    void inquire(address to, outbox& out) const;
    void inquire_missing(outbox& out) const;
    void holds(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void take_over(std::int64_t now_ms, outbox& out);
    bool is_shard(address a) const;
    bool is_sequencer(address a) const;
    /// The copy that is to lead, or may.
    address sequencer() const;
    address shard(std::uint32_t s) const;
    std::uint64_t sequencer_to_start() const;

    // Copies (coordinator_copies.cpp).
    bool has_copies() const { return !lists_.empty(); }
    copy_list& list_of(address part);
    void tick_copies(std::int64_t now_ms, outbox& out);
    void copy_ready(address who, std::uint64_t life, std::int64_t now_ms, outbox& out);
    void copy_restored(address who, std::uint64_t life, std::int64_t now_ms, outbox& out);
    void stands(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void disconnected(address who, std::int64_t now_ms, outbox& out);
    void left(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void place(wire::Place::Reader p, std::int64_t now_ms, outbox& out);
    void adopt_lists(std::int64_t now_ms, outbox& out);
    /// Uses the lists as they are now: journals what is to be led by, and tells who is concerned.
    void settle(std::int64_t now_ms, outbox& out);
    void note_lists();
    bool recover_list(copy_list& list, std::int64_t now_ms, outbox& out);
    void note_leaders(std::int64_t now_ms, outbox& out);
    void send_primaries(outbox& out) const;
    void tell_copies();
    bool all_led() const;
    void begin_workers(std::int64_t now_ms, outbox& out);
    bool leads(address who) const;
    void all_restored(std::int64_t now_ms, outbox& out);
    void cuts_got_lost(std::int64_t now_ms);
    void fail_of_newer(address who, std::uint64_t era);
    /// `why`: empty for the first one.
    void begin_era(const std::string& why, std::int64_t now_ms, outbox& out);
    void fail(const std::string& sentence);
    bool note_state();
    bool complete() const;
    void came_back(address who, std::uint64_t life, std::int64_t now_ms, outbox& out);
    void recover(address who, std::uint64_t life, std::int64_t now_ms, outbox& out);
    void send_recoveries(outbox& out);
    void recovered(std::int64_t now_ms, outbox& out);
    void start_workers(outbox& out) const;
    void lost(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void tell_what_is_kept(const ledger_state& ledger, outbox& out);
    void send_restore(std::uint32_t shard, outbox& out);
    frame restore_of(std::uint32_t shard) const;
    void send_start(address to, std::uint64_t life, bool recover, outbox& out) const;
    void start_sequencer(outbox& out) const;
    void start_shard(std::uint32_t shard, outbox& out) const;
    void sequencer_lives(std::uint64_t life, std::int64_t now_ms, outbox& out);
    void send_control(wire::Control::Which what, outbox& out) const;
    void ready(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void restored(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void started(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void progressed(wire::Progress::Reader p, std::int64_t now_ms);
    void evaluated(wire::Evaluated::Reader e, std::int64_t now_ms, outbox& out);
    void published(wire::Published::Reader p, std::int64_t now_ms, outbox& out);
    void cut_failed(wire::Message::Reader m, std::int64_t now_ms);
    void ask_for_cuts(std::int64_t now_ms, outbox& out);
    void finish_if_complete();
    bool on_plateau() const;
    void stop_early(std::uint64_t epoch, std::int64_t now_ms, outbox& out);

    // To hold the order (coordinator_hold.cpp).
    void told(wire::Control::Reader c, std::int64_t now_ms, outbox& out);
    void tick_hold(std::int64_t now_ms, outbox& out);
    bool order_stands() const;
    void note_hold(bool held, std::uint64_t behind);
    void release(outbox& out);
    void give_up_holding(const std::string& why, outbox& out);
    frame_builder message(address to) const;

    coordinator_settings settings_;
    std::shared_ptr<const shard_map> map_;
    checkpoint_store& store_;
    run_observer& observer_;
    phase phase_ = phase::idle;
    std::uint64_t era_ = 0;
    std::uint64_t first_era_;
    std::optional<model_state> state_;  ///< restored into this era; none: initial values
    ledger_state ledger_;
    std::vector<frame> restores_;   ///< by shard that has not restored: the same is sent again, so
                                    ///< that a link in which it still waits drops it
    std::vector<copy_list> lists_;  ///< shards, sequencer; none: nothing has copies
    std::vector<std::optional<std::uint16_t>> leaders_;  ///< the same, as was told last
    std::vector<part_copies> copies_told_;
    std::uint32_t workers_ = 0;  ///< at least so many: those that were heard of, too
    std::optional<std::int64_t> workers_wait_ms_;  ///< since when, for copies to be filled
    std::int64_t ticked_ms_ = 0;
    std::int64_t trusts_until_ms_ = 0;  ///< it was late: connections may be lost for that
    std::int64_t told_ms_ = 0;          ///< when all was said again
    bool unnoted_ = false;              ///< the lists have changed, and the journal was not written
    std::vector<std::uint64_t> shard_lives_;       ///< incarnation that holds this era; 0: none yet
    std::uint64_t sequencer_life_ = 0;             ///< the same of the sequencer
    std::map<address, std::uint64_t> recovering_;  ///< lives that read their logs
    std::deque<std::uint64_t> kept_;    ///< of this era's published checkpoints the newest: entries
                                        ///< of the stream
    std::uint64_t sequencer_seen_ = 0;  ///< its newest life that was heard of, in any era
    bool back_ = false;  ///< this era was taken over, and nothing was heard of its progress yet
    std::int64_t sent_ms_ = 0;
    std::int64_t checkpoint_ms_ = 0;
    std::optional<std::int64_t> in_flight_ms_;  ///< when the last periodic one was asked for
    cut_request wanted_;                        ///< the checkpoint that somebody asked for
    std::uint64_t count_ = 0;                   ///< of this era, as far as is known
    std::uint64_t wanted_count_ = 0;  ///< the checkpoint asked for is one of this count or a later
    cut_request final_;               ///< the last cut; not open: items are open
    std::optional<std::int64_t> failing_ms_;  ///< since when the last checkpoint fails
    bool final_published_ = false;
    bool final_evaluated_ = false;
    std::uint64_t stopped_in_ = 0;            ///< the era in which the early stop was told
    std::int64_t stop_ms_ = 0;                ///< when it was told last
    std::map<std::uint64_t, double> losses_;  ///< evaluated, by epoch
    enum class holding { no, wanted, held };
    holding holding_ = holding::no;
    std::int64_t hold_ms_ = 0;                  ///< since when it is wanted
    std::optional<std::uint64_t> held_behind_;  ///< the order stood behind this cut
    std::uint64_t held_under_ = 0;              ///< when its sequencer had led since this term
    std::optional<std::uint64_t> over_behind_;  ///< holds up to this cut are over
    bool releasing_ = false;         ///< it was told to go on, and has not said that it does
    bool holds_for_nobody_ = false;  ///< it says that it holds for a wish that is over
    std::optional<std::uint64_t> published_;  ///< the newest such cut of this era
};

}  // namespace slackline
