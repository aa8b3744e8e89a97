// The edge to checkpoints and the journal of eras: what the coordinator reads at the start of an
// era and what the checkpointer publishes. Implemented over a storage; may block.
//
// Thread: publish is the checkpointer's, all else the coordinator's, or of who starts it; safe
// together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/order.hpp"
#include "actors/table.hpp"
#include "messages/failure.hpp"

namespace slackline {

/// A whole model at one cut, whatever the number of shards.
struct model_state {
    version at;
    ledger_state ledger;
    std::vector<std::vector<float>> tensors;             ///< [tensors], each whole, row-major
    std::vector<std::vector<std::vector<float>>> state;  ///< [slots][tensors]
    std::vector<table_rows> tables;                      ///< [tables]
};

struct era_start {
    std::uint64_t era = 0;
    std::optional<model_state> from;  ///< none: nothing was published yet
};

class checkpoint_store {
public:
    virtual ~checkpoint_store() = default;

    /// An era from the newest published state that verifies, made durable before it is used. Its
    /// number is larger than every one ever journaled, and nothing of an older one is published
    /// from then on.
    virtual result<era_start> begin_era() = 0;

    /// The newest state that the logs of `era` go on from: published in it, or that which it began
    /// with. Mismatch where what was done in that era was not logged.
    virtual result<std::optional<model_state>> newest_of(std::uint64_t era) = 0;

    /// The era that was journaled last, by whatever process; 0: none was.
    virtual result<std::uint64_t> last_era() = 0;

    /// What a coordinator has to find again when it comes back; durable before it is used. That of
    /// one era replaces what was noted before.
    virtual result<void> note_copies(std::uint64_t era, const std::string& lists) = 0;
    /// Empty: nothing was noted in that era.
    virtual result<std::string> copies_of(std::uint64_t era) = 0;

    /// Publishes; returns the path. What it returned is loadable from then on. Mismatch where its
    /// era is over.
    virtual result<std::string> publish(const model_state& state) = 0;
};

}  // namespace slackline
