#include "actors/item_plan.hpp"

#include <algorithm>

#include "kernels/permutation.hpp"

namespace slackline {

void item_plan::samples_of(item_id item, std::vector<std::uint64_t>& to) const {
    const std::uint64_t begin = item % items_per_epoch() * batch;
    const std::uint64_t end = std::min(begin + batch, samples);
    const permutation order(seed, epoch_of(item), samples);
    to.clear();
    for (auto place = begin; place < end; ++place) to.push_back(order(place));
}

}  // namespace slackline
