// The sequencer among its peers: turns messages into its decisions and decisions into frames.
//
// All that shards must take in one order goes into one stream of dense positions. While a shard
// lacks as much as the stream may hold, what workers say is only a sign of life, and no lease and
// no life ends: every message comes again, and a shard that stays away is restored. A worker that
// is silent for the dead time is dead, and so is one that leaves, or whose node's connection is
// lost; one that speaks again is told to join as a new incarnation. Who was late itself for the
// dead time, stopped as a rule, judges nobody for as long after it. Silent until the coordinator
// starts an era in it, but for what it is asked of itself; a newer era replaces everything.
//
// Where there is a log, the stream is written to it, and neither sent to shards nor acknowledged to
// workers before it is durable. An era then begins with the ledger of a checkpoint and what the log
// holds behind it; leases and lives are not in the log, so workers join again. Nothing is placed
// before every shard has said how far it holds the stream: one that holds more than the log, or
// lacks what is kept nowhere, ends the era.
//
// Where it has copies, one of them leads, and all this goes for what they hold, too: a copy takes
// the stream in as a new life takes it from its log, and goes on as one when it has to lead.
// Asked to hold, it places a checkpoint's cut behind the update that is open, and then nothing
// more: what workers say is a sign of life again, until it is told to go on or another life leads.
// Owner and thread: one actor. Edge: the log.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "actors/input_log.hpp"
#include "actors/logged_participant.hpp"
#include "actors/primaries.hpp"
#include "actors/record_stream.hpp"
#include "actors/sequencer.hpp"

namespace slackline {

struct sequencer_service_settings {
    std::uint64_t run = 0;
    std::uint64_t incarnation = 0;
    std::uint16_t copy = 0;
    std::uint16_t places = 1;                  ///< where it may be, this one included
    std::function<std::uint64_t()> next_life;  ///< for one that was declared dead and was not
    std::uint32_t shards = 1;
    std::int64_t dead_ms = 1'000;  ///< 5 heartbeats
    std::size_t stream_max =
        4'096;  ///< entries kept for shards before nothing is decided any more;
                ///< a message's effects go beyond it by less than as much
    sequencer_settings rules;
};

class sequencer_service : public logged_participant {
public:
    /// `log`: null where nothing is logged.
    explicit sequencer_service(sequencer_service_settings settings, log_edge* log = nullptr);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void handle(const logged& l, std::int64_t now_ms, outbox& out) override;
    void handle(const logged_part& part, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;
    void leave() override { log_.copies().leave(); }

private:
    struct presence {
        std::uint64_t incarnation = 0;
        std::int64_t heard_ms = 0;
    };
    enum class holding { no, wanted, held };
    /// All that belongs to one era.
    struct era_books {
        sequencer rules;
        record_stream stream;
        std::uint64_t restored = 0;  ///< entries that the ledger it began with is the sum of
        std::map<std::uint32_t, presence> workers = {};
        std::uint64_t appended = 0;  ///< entries below are in the log, if perhaps not durable yet
        std::deque<std::pair<std::uint64_t, std::uint64_t>> in_log = {};  ///< its end, and the
                                                                          ///< stream's, by append
        primaries answer_for;                                             ///< of the shards
        bool heard_of_all = false;        ///< every shard has said how far it holds the stream
        std::vector<reply> answers = {};  ///< that wait for their item to be closed
        std::string lost = {};            ///< why this era cannot go on; empty: it can
        holding holds = holding::no;
        std::uint64_t held_behind = 0;  ///< the number of the cut
    };

    void start(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    bool handle_copies(const frame& f, wire::Message::Reader m, outbox& out);
    void lead(wire::Lead::Reader l, outbox& out);
    void fill(copy_life to, outbox& out);
    void end_filling(outbox& out);
    void begin_books(const ledger_state& ledger);
    void begin_life();
    void take_primaries(wire::Primaries::Reader p, outbox& out);
    void ask_unheard(outbox& out);
    void go_on();
    void release_stream(outbox& out);
    address self() const { return {role::SEQUENCER, 0, settings_.copy}; }
    void from_worker(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void leave(worker_key who, std::int64_t now_ms, outbox& out);
    void disconnected(std::uint32_t worker, std::int64_t now_ms, outbox& out);
    void control(wire::Control::Reader c, std::int64_t now_ms, outbox& out);
    void held(wire::Message::Reader m, outbox& out);
    void lose(const std::string& sentence, outbox& out);
    void replay(wire::Records::Reader r, std::uint64_t position, outbox& out);
    frame started_message(address to) const;
    bool can_place() const;
    bool decides() const;
    void hold_when_due(std::int64_t now_ms, outbox& out);
    worker_key heard(std::uint32_t worker, std::uint64_t incarnation, std::int64_t now_ms);
    void end_what_is_over(std::int64_t now_ms, outbox& out);
    void carry_out(const effects& todo, outbox& out);
    void log_new_entries(outbox& out);
    void answer_closed(outbox& out);
    void flush(outbox& out);
    frame records(address to, std::uint64_t first, std::uint64_t end) const;
    void send_account(const cut_record& cut, outbox& out) const;
    void send_progress(outbox& out);
    void tell(const grant& g, outbox& out) const;
    outgoing outcome_of(const reply& r) const;
    void tell(const cancel& c, outbox& out) const;
    void tell_what_it_holds(address to, outbox& out) const;
    void tell_start(std::uint32_t worker, outbox& out) const;
    frame_builder message(address to) const;
    void note_loss(double loss);

    sequencer_service_settings settings_;
    std::uint64_t era_ = 0;
    std::optional<era_books> books_;  ///< none: no era was started
    input_log log_;
    bool recovers_ = false;  ///< a former life began this era
    frame filled_by_;        ///< the primary's frame, until the log was read
    bool repeats_ = false;   ///< it has taken in what another placed
    std::int64_t ticked_ms_ = 0;
    std::int64_t trusts_until_ms_ = 0;  ///< it was late: connections may be lost for that
    double loss_ = 0;
    std::uint64_t losses_ = 0;
};

}  // namespace slackline
