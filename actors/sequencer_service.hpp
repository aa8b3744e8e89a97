// The sequencer among its peers: turns messages into its decisions and decisions into frames.
//
// All that shards must take in one order goes into one stream of dense positions; each shard says
// how far it holds it, and what it lacks is sent again. While a shard lacks as much as the stream
// may hold, what workers say is only a sign of life, and no lease and no life ends: every message
// comes again, and a shard that stays away begins a new era. A worker that is silent for the dead
// time is dead, and so is one that leaves, or whose node's connection is lost; one that speaks
// again is told to join as a new incarnation. Who was late itself for the dead time, stopped as a
// rule, judges nobody for as long after it. Silent until the coordinator starts an era in it, but
// for what it is asked of itself; a newer era replaces everything. Owner and thread: one actor.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "actors/participant.hpp"
#include "actors/sequencer.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

struct sequencer_service_settings {
    std::uint64_t run = 0;
    std::uint64_t incarnation = 0;
    std::uint32_t shards = 1;
    std::int64_t dead_ms = 1'000;    ///< 5 heartbeats
    std::size_t stream_max = 4'096;  ///< entries kept for shards before nothing is decided any more
    sequencer_settings rules;
};

class sequencer_service : public participant {
public:
    explicit sequencer_service(sequencer_service_settings settings);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

private:
    struct shard_position {
        std::uint64_t held = 0;       ///< every position below is held by the shard
        std::uint64_t sent = 0;       ///< every position below was sent
        std::uint64_t held_then = 0;  ///< at the last tick
    };
    struct presence {
        std::uint64_t incarnation = 0;
        std::int64_t heard_ms = 0;
    };
    /// All that belongs to one era.
    struct era_books {
        sequencer rules;
        std::vector<shard_position> shards;
        std::map<std::uint32_t, presence> workers = {};
        std::uint64_t stream_begin = 0;  ///< position of stream.front()
        std::deque<stream_entry> stream = {};

        std::uint64_t stream_end() const { return stream_begin + stream.size(); }
    };

    void start(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void from_worker(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void leave(worker_key who, std::int64_t now_ms, outbox& out);
    void disconnected(std::uint32_t worker, std::int64_t now_ms, outbox& out);
    void control(wire::Control::Reader c, std::int64_t now_ms, outbox& out);
    void held(wire::Message::Reader m);
    bool stream_full() const;
    worker_key heard(std::uint32_t worker, std::uint64_t incarnation, std::int64_t now_ms);
    void end_what_is_over(std::int64_t now_ms, outbox& out);
    void carry_out(const effects& todo, outbox& out);
    void flush(outbox& out);
    void send_account(const cut_record& cut, outbox& out) const;
    void send_progress(outbox& out) const;
    void tell(const grant& g, outbox& out) const;
    void tell(const reply& r, outbox& out) const;
    void tell(const cancel& c, outbox& out) const;
    void tell_what_it_holds(address to, outbox& out) const;
    void tell_start(std::uint32_t worker, outbox& out) const;
    frame_builder message(address to) const;
    void note_loss(double loss);

    sequencer_service_settings settings_;
    std::uint64_t era_ = 0;
    std::optional<era_books> books_;  ///< none: no era was started
    std::int64_t ticked_ms_ = 0;
    std::int64_t trusts_until_ms_ = 0;  ///< it was late: connections may be lost for that
    double loss_ = 0;
    std::uint64_t losses_ = 0;
};

}  // namespace slackline
