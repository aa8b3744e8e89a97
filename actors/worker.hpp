// A worker: leases in, gradients out. Pulls, has its device compute, pushes, commits.
//
// An open item goes pulling -> waiting (for gradient buffers) -> computing -> pushing -> committing
// and is closed by the sequencer's outcome. Nothing it does counts before its commit is in the
// order, so it may die, or be declared dead, at any point: it then joins again as a new
// incarnation and has lost nothing but time.
//
// Where another copy of a shard answers from now on, what is owed is asked of that one at once;
// another sequencer knows of no lease, so it joins there anew.
//
// It leaves when it is told to drain: what is open is finished first. And it is cut off where a
// shard that owes it an answer says nothing at all, not even what it holds: it hands its items
// back, asks the shards from time to time, and joins as a new incarnation when all of them answer.
// Owner and thread: one actor. Edges: a device, the data, incarnation numbers, a listener.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/compute.hpp"
#include "actors/edges.hpp"
#include "actors/participant.hpp"
#include "actors/primaries.hpp"
#include "actors/shard_map.hpp"
#include "kernels/buffer.hpp"

namespace slackline {

struct worker_settings {
    std::uint32_t index = 0;
    std::uint64_t run = 0;
    std::int64_t resend_ms = 1'000;    ///< without progress: say it again
    std::size_t gradient_buffers = 8;  ///< a shard; landed ones that wait for their apply included
    double gradient_norm_max = 0;      ///< a longer gradient is not pushed; 0: any is
    std::int64_t unreachable_ms = 3'000;  ///< of silence: a shard that owes an answer is out of
                                          ///< reach, and so is an outcome that a drain waits for
};

/// What a worker tells its node: "worker 1 cannot reach shard 0 for 3.0 s; ...".
using worker_listener = std::function<void(const std::string& sentence)>;

class worker : public participant {
public:
    worker(worker_settings settings, std::shared_ptr<const shard_map> map, device_edge& device,
           batch_edge& data, incarnations_edge& incarnations, worker_listener tell = {});

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

    /// A job of the device is done.
    void handle(const computed& c, std::int64_t now_ms, outbox& out);

    /// From now on nothing is opened; what is open is finished, and then the worker leaves for
    /// ever.
    void drain(outbox& out);
    bool drained() const { return at_ == standing::drained; }

private:
    enum class standing {
        working,
        draining,
        cut_off,  ///< its items are handed back; it asks whether it reaches every shard
        drained,
    };
    enum class stage { pulling, waiting, computing, pushing, committing };

    /// The row `place` of shard `shard`'s part of a request.
    struct row_place {
        std::uint32_t shard;
        std::size_t place;
    };
    struct open_item {
        stage at = stage::pulling;
        std::int64_t since_ms = 0;  ///< when it came to this stage
        std::uint64_t floor = 0;
        std::uint64_t base = 0;
        std::uint64_t lease = 0;
        std::uint64_t attempt = 0;     ///< numbers its works on items; names the gradient
        std::int64_t progress_ms = 0;  ///< when it last moved, or was last sent again
        std::shared_ptr<const batch> samples;
        std::vector<std::vector<row_place>> rows;                  ///< [tables][requested]
        std::vector<std::vector<std::vector<std::uint64_t>>> ids;  ///< [shards][tables]
        std::vector<frame> pulled;                                 ///< [shards]
        std::vector<std::uint64_t> counts;                         ///< [shards]
        std::vector<std::shared_ptr<buffer>> dense;                ///< [shards] gradient
        std::vector<std::vector<std::shared_ptr<std::vector<float>>>> grads;  ///< [shards][tables]
        std::vector<frame> pushes;  ///< [shards] the same is sent again
        std::vector<bool> landed;   ///< [shards]
        std::shared_ptr<std::atomic<bool>> cancelled;
        computed result;
    };

    void begin_era(std::uint64_t era, std::int64_t now_ms, outbox& out);
    void join_anew(outbox& out);
    void beat(std::int64_t now_ms, outbox& out);
    void forget_items();
    void leave(outbox& out);
    void leave_when_drained(std::int64_t now_ms, outbox& out);
    void note_word_of_shard(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    bool owes_answer(const open_item& o, std::uint32_t shard) const;
    std::optional<std::uint32_t> unreachable(std::int64_t now_ms) const;
    void give_back(std::uint32_t shard, std::int64_t now_ms, outbox& out);
    void probe(std::int64_t now_ms, outbox& out);
    void inquire(std::uint32_t shard, outbox& out) const;
    void go_to(stage next, open_item& o, std::int64_t now_ms) const;
    void open(wire::Grant::Reader g, std::int64_t now_ms, outbox& out);
    void split_rows(const row_requests& requests, open_item& o) const;
    void send_pull(item_id item, const open_item& o, std::uint32_t shard, outbox& out) const;
    void take_pulled(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void compute(item_id item, open_item& o, std::int64_t now_ms);
    bool acquire_gradients(open_item& o);
    parameters parameters_of(const open_item& o) const;
    gradients gradients_of(const open_item& o) const;
    frame push_of(item_id item, const open_item& o, std::uint32_t shard) const;
    void take_landed(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void send_commit(item_id item, const open_item& o, outbox& out) const;
    void give_up(item_id item, const std::string& cause, outbox& out);
    void take_outcome(wire::Outcome::Reader r, std::int64_t now_ms, outbox& out);
    void close(std::map<item_id, open_item>::iterator closed, std::int64_t now_ms);
    void withdraw(const open_item& o);
    void take_refused(wire::Refused::Reader r, outbox& out);
    void resend(item_id item, open_item& o, outbox& out) const;
    void resend(item_id item, open_item& o, std::uint32_t shard, outbox& out) const;
    void take_primaries(wire::Primaries::Reader p, std::int64_t now_ms, outbox& out);
    void compute_waiting(std::int64_t now_ms);
    frame_builder message(address to) const;
    void send(frame_builder& b, address to, outbox& out) const;

    worker_settings settings_;
    std::shared_ptr<const shard_map> map_;
    device_edge& device_;
    batch_edge& data_;
    incarnations_edge& incarnations_;
    worker_listener tell_;
    primaries answer_for_;
    standing at_ = standing::working;
    std::uint64_t era_ = 0;
    std::uint64_t incarnation_ = 0;
    std::uint64_t attempts_ = 0;
    std::map<item_id, open_item> open_;
    std::vector<std::int64_t> heard_ms_;  ///< [shards] when anything was heard of it
    std::vector<bool> reached_;           ///< [shards] while cut off: it answered in this era
    std::int64_t probed_ms_ = 0;
    std::int64_t ticked_ms_ = 0;
    std::deque<std::uint64_t> leases_closed_;  ///< the last ones: a late grant of them is old news
    std::deque<std::uint64_t> withdrawn_;      ///< the last attempts given up before their commit
    std::vector<std::unique_ptr<buffer_pool>> pools_;  ///< [shards]
};

}  // namespace slackline
