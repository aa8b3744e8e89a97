// What a worker and the sequencer say to one shard, as one participant, as fast as it can.
//
// It restores the shard, then keeps `depth` items on the way. An item of steps: push, landed, the
// record that applies it and a pull that waits for it, pulled. An item of landings: push, landed;
// each push withdraws the one before.
// Owner and thread: its actor. A value that comes out wrong, or a refusal, throws.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "actors/participant.hpp"
#include "kernels/buffer.hpp"

namespace slackline::bench {

struct link_work {
    std::size_t bytes = 0;  ///< of a gradient; a multiple of 64
    std::size_t depth = 1;
    bool steps = true;        ///< else landings
    std::uint64_t warm = 0;   ///< items before the clock starts
    std::uint64_t items = 0;  ///< behind them
};

/// Of the run that driver and shard are in.
constexpr std::uint64_t link_run = 1;

class link_driver : public participant {
public:
    struct events {
        std::function<void()> warm;  ///< the clock starts
        std::function<void()> done;
    };
    link_driver(link_work work, events told);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

private:
    void fill(outbox& out);
    void push(outbox& out);
    void landed(wire::Landed::Reader l, outbox& out);
    void pulled(wire::Pulled::Reader p);
    void closed();

    link_work work_;
    events told_;
    buffer_pool gradients_;
    bool begun_ = false;
    std::uint64_t pushed_ = 0;
    std::uint64_t applied_ = 0;  ///< records that the shard was sent
    std::uint64_t seen_ = 0;     ///< the newest count that a pull brought
    std::uint64_t closed_ = 0;
    std::map<std::uint64_t, std::uint64_t> bases_;  ///< of items on the way
};

}  // namespace slackline::bench
