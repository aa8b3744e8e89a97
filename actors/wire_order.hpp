// Between the words of the order and their wire form. Pure; thread: any.
#pragma once

#include <variant>

#include "actors/order.hpp"
#include "actors/sequencer.hpp"
#include "messages/frame.hpp"

namespace slackline {

/// What a shard takes in one order: the records, and what it may forget.
using stream_entry = std::variant<apply_record, skip_record, cut_record, fence, drop>;

void write(wire::Record::Builder to, const stream_entry& entry);
stream_entry read(wire::Record::Reader from);

wire::Answer to_wire(answer a);
answer read(wire::Answer a);

void write(wire::Cut::Builder to, const cut_record& cut);
cut_record read(wire::Cut::Reader from);

void write(wire::History::Builder to, const ledger_history& history);
ledger_history read(wire::History::Reader from);

void write(wire::Ledger::Builder to, const ledger_state& ledger);
ledger_state read(wire::Ledger::Reader from);

void write(wire::Progress::Builder to, const sequencer_stats& stats, double loss, bool finished);
/// Loss and end are in the message itself.
sequencer_stats read(wire::Progress::Reader from);

}  // namespace slackline
