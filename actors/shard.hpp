// A shard: its slice of the parameters with their optimizer state, and the order applied to it.
//
// Payload first, order second: a push lands and waits; the record that names it applies it. All
// records come in one stream of dense positions; what arrives out of turn is ignored and sent
// again. Parameters are immutable version buffers: an apply reads one and writes the next, and a
// pull's answer refers to the buffer of its version, uncopied. A pull that comes again while its
// answer is on its way is not answered again: each answer would hold a version, and the link,
// longer.
//
// Purpose in a run's life: silent until the coordinator restores an era into it; a newer era
// replaces everything, and who comes with an older one is told what is held. A restore may name no
// life and may come late, to one that it was not meant for: this one says that it was restored
// until it is told that the era has started with it. Messages of another era are refused. Whoever
// inquires is told which life this is and which era has started with it, whatever its own.
//
// Where it has copies, one of them leads: it answers, and passes on what it takes in. The others
// take that in, and answer nobody but it; a copy that lacks everything is given the leader's state,
// and the slices and records that are not in it yet.
//
// Where there is a log, everything that changes the shard is written to it in the order in which it
// was taken, and what is held and landed is said once it is durable. A restore then begins with
// the state of a checkpoint and ends with what the log holds of that era, taken once more.
// Owner and thread: one actor. Edge: the log.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actors/input_log.hpp"
#include "actors/ledger.hpp"
#include "actors/logged_participant.hpp"
#include "actors/shard_map.hpp"
#include "actors/state_digest.hpp"
#include "actors/table.hpp"
#include "actors/wire_order.hpp"
#include "actors/work_meter.hpp"
#include "kernels/buffer.hpp"

namespace slackline {

struct shard_settings {
    std::uint32_t index = 0;
    std::uint16_t copy = 0;
    std::uint16_t places = 1;  ///< where the shard may be, this one included
    std::uint64_t run = 0;
    std::uint64_t seed = 0;
    std::uint64_t incarnation = 0;
    std::function<std::uint64_t()> next_life;  ///< for one that was declared dead and was not
    optimizer_settings optimizer;
    std::optional<std::uint32_t> staleness;  ///< checked again at every apply
    std::size_t parameter_buffers = 8;       ///< versions alive at a time, at most
    std::size_t slices_max = 8;              ///< landed slices held for one worker, at most
    double gradient_norm_max = 0;            ///< a slice that is longer is poison; 0: none is
    std::size_t records_max = 4'096;         ///< records that wait for a version buffer, at most
    std::uint64_t log_bytes_max = 1u << 30;  ///< a log that grew by so much wants a checkpoint
};

class shard : public logged_participant {
public:
    /// `log`: null where nothing is logged.
    shard(shard_settings settings, std::shared_ptr<const shard_map> map, log_edge* log = nullptr);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void handle(const logged& l, std::int64_t now_ms, outbox& out) override;
    void handle(const logged_part& part, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;
    void worked(std::int64_t for_ms) override { meter_.worked(for_ms); }
    void leave() override { log_.copies().leave(); }

private:
    struct slice_key {
        item_id item;
        worker_key from;
        std::uint64_t attempt;
        auto operator<=>(const slice_key&) const = default;
    };
    struct landed_slice {
        std::uint64_t base = 0;
        const float* dense = nullptr;
        std::vector<row_gradients> tables;
        frame payload;             ///< owns what the pointers point to
        std::uint64_t logged = 0;  ///< its place in the log
    };
    /// Held, and waiting for a version buffer.
    struct held_entry {
        stream_entry what;
        std::uint64_t logged = 0;  ///< the place in the log of the frame that it came in
    };
    /// A worker asks again under the same name until it has the answer.
    struct pull_name {
        address from;
        std::uint64_t incarnation;
        item_id item;
        std::uint64_t request;
        auto operator<=>(const pull_name&) const = default;
    };
    struct parked_pull {
        pull_name name;
        std::uint64_t floor;
        frame request;
    };

    void restore(const frame& f, wire::Message::Reader m, outbox& out);
    void restore_state(wire::Message::Reader m);
    void begin_life();
    void hold_nothing();
    std::uint64_t state_bytes() const;
    void restore_dense(wire::Restore::Reader r);
    void restore_tables(wire::Restore::Reader r);
    void end_filling(outbox& out);
    void take_fences(wire::Filling::Reader filling);
    void replay(const frame& f, std::uint64_t position, outbox& out);
    void end_replay(outbox& out);
    bool restoring() const { return era_ == 0 || log_.reading(); }
    /// It repeats what another did, or a former life of it.
    bool repeats() const { return log_.reading() || !log_.leads(); }
    void handle_copies(const frame& f, wire::Message::Reader m, outbox& out);
    void lead(wire::Lead::Reader l, outbox& out);
    void fill(copy_life to, outbox& out);
    std::vector<frame> carried() const;
    void take_appended(const frame& f, wire::Message::Reader m, outbox& out);
    void note_digest();
    address self() const { return {role::SHARD, settings_.index, settings_.copy}; }
    void ask_for_checkpoint(outbox& out) const;
    bool refused_by_era(wire::Message::Reader m, outbox& out) const;
    void pull(const frame& f, wire::Message::Reader m, outbox& out);
    static pull_name name_of(address from, wire::Pull::Reader p);
    void answer(address from, wire::Pull::Reader p, outbox& out);
    void push(const frame& f, wire::Message::Reader m, outbox& out);
    void withdraw(worker_key who, wire::Push::Reader p);
    std::optional<landed_slice> slice_of(const frame& f, wire::Push::Reader p) const;
    static slice_key key_of(wire::Message::Reader m);
    std::string poison_of(const landed_slice& slice) const;
    void take_records(const frame& f, wire::Message::Reader m, outbox& out);
    bool hold(wire::Records::Reader r, std::uint64_t logged_at);
    void advance(outbox& out);
    std::shared_ptr<buffer> next_version() const;
    bool take(const apply_record& r, outbox& out);
    void take(const cut_record& r, std::uint64_t logged_at, outbox& out);
    void take(const fence& f);
    void take(const drop& d);
    void forget_item(item_id item);
    void lose(const std::string& sentence, outbox& out);
    void tell_lost(outbox& out) const;
    void answer_parked(outbox& out);
    void tell_what_it_holds(address to, outbox& out) const;
    frame restored_message(address to) const;
    void tell_of_restore(address to, outbox& out);
    void snapshot(const cut_record& r, role to, outbox& out) const;
    template <class Message>
    void write_state(frame_builder& b, Message to, bool with_state) const;
    frame_builder reply(address to) const;
    void refuse(wire::Message::Reader m, wire::Refusal why, const std::string& sentence,
                outbox& out) const;
    std::size_t held_for(std::uint32_t worker) const;

    shard_settings settings_;
    std::shared_ptr<const shard_map> map_;
    std::unique_ptr<buffer_pool> pool_;
    std::uint64_t era_ = 0;  ///< 0: not restored yet
    bool started_ = false;   ///< the coordinator knows that this life holds the era
    std::uint64_t count_ = 0;
    std::shared_ptr<buffer> current_;
    std::vector<std::vector<float>> state_;  ///< per slot: [slice_floats]
    std::vector<table> tables_;
    std::map<slice_key, landed_slice> landed_;
    ledger closed_{{}};  ///< items that the order has closed: their slices are not kept
    std::map<std::uint32_t, std::uint64_t> fenced_;  ///< worker -> last incarnation fenced
    std::uint64_t next_ = 0;                         ///< position of the stream expected next
    std::deque<held_entry> pending_;
    input_log log_;
    frame filled_by_;     ///< the primary's frame, until the log was read
    bool named_ = false;  ///< it was restored by name: nothing else is on its way
    bool gap_ = false;    ///< the log lacks records between the state restored and its own
    std::string lost_;    ///< why this era cannot go on here; empty: it can
    std::vector<parked_pull> parked_;
    /// What keeps each answer alive: while it lives it is on its way, or with its worker.
    std::map<pull_name, std::weak_ptr<const void>> answers_;
    state_digest digest_;
    work_meter meter_;
};

}  // namespace slackline
