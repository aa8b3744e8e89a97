// The edge to checkpoints and the journal of eras: what the coordinator reads at the start of an
// era and what the checkpointer publishes. Implemented over a storage; may block.
//
// Thread: newest, begin_era and last_era are the coordinator's, or of who starts it; publish is the
// checkpointer's; safe together.
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

class checkpoint_store {
public:
    virtual ~checkpoint_store() = default;

    /// The newest published state that verifies; none when nothing was published yet.
    virtual result<std::optional<model_state>> newest() = 0;

    /// Makes `era` durable before it is used. It is larger than every era ever journaled.
    virtual result<std::uint64_t> begin_era() = 0;

    /// The era that was journaled last, by whatever process; 0: none was.
    virtual result<std::uint64_t> last_era() = 0;

    /// Publishes; returns the path. What it returned is loadable from then on.
    virtual result<std::string> publish(const model_state& state) = 0;
};

}  // namespace slackline
