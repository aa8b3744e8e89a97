// A participant: one of a run's protocol cores, driven by messages and ticks.
//
// It does no I/O of its own, has no clock and no thread: it is told the time and answers with the
// frames to send. The actor around it only moves them. An exception that it lets out ends its
// actor; its supervisor decides what follows.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "messages/frame.hpp"

namespace slackline {

struct outgoing {
    address to;
    slackline::frame frame;
};
using outbox = std::vector<outgoing>;

class participant {
public:
    virtual ~participant() = default;

    /// A message for this address. `f` owns the memory that `m` reads.
    virtual void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms,
                        outbox& out) = 0;

    /// Called once a heartbeat.
    virtual void tick(std::int64_t now_ms, outbox& out) = 0;

    /// So long the last call took.
    virtual void worked(std::int64_t) {}
};

}  // namespace slackline
