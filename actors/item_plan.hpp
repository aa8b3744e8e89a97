// Which samples an item is: a pure function of (samples, batch, epochs, seed).
//
// Items are numbered through the whole run; the last batch of an epoch may be smaller. Each epoch
// has a permutation of its own. Thread: pure; any.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/order.hpp"

namespace slackline {

struct item_plan {
    std::uint64_t samples = 1;
    std::uint64_t batch = 1;
    std::uint64_t epochs = 1;
    std::uint64_t seed = 0;

    std::uint64_t items_per_epoch() const { return (samples + batch - 1) / batch; }
    std::uint64_t items_total() const { return items_per_epoch() * epochs; }
    std::uint64_t epoch_of(item_id item) const { return item / items_per_epoch(); }

    /// The samples of an item, in order.
    void samples_of(item_id item, std::vector<std::uint64_t>& to) const;
};

}  // namespace slackline
