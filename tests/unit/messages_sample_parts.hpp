// Parts of the samples that several kinds of frames hold.
#pragma once

#include <vector>

#include "messages/frame.hpp"

namespace slackline::samples {

/// first, first + 1, ...
void numbers(capnp::List<std::uint64_t>::Builder to, std::uint64_t first);

void fill(wire::Cut::Builder cut);
void fill(wire::History::Builder history);
void fill(wire::Ledger::Builder ledger);
void fill(wire::Published::Builder published);
void fill(wire::Evaluated::Builder evaluated);
void fill(wire::Progress::Builder progress);

/// A sample that is to be made: `root().init...` and all fields.
struct recipe {
    const char* name;
    address from;
    address to;
    void (*fill)(frame_builder&);
};

/// What links, nodes, clients and the registrar say, in the order of the kinds.
std::vector<recipe> cluster_recipes();

/// What copies of shards and sequencer, and of them, is said; in the order of the kinds.
std::vector<recipe> copies_recipes();

/// What a run tells of itself, in the order of the events.
std::vector<recipe> event_recipes();

}  // namespace slackline::samples
