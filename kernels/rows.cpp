#include "kernels/rows.hpp"

#include <unordered_map>

namespace slackline {

void unique_rows(std::span<const std::uint64_t> ids, std::vector<std::uint64_t>& unique,
                 std::vector<std::uint32_t>& places) {
    unique.clear();
    places.resize(ids.size());
    std::unordered_map<std::uint64_t, std::uint32_t> seen;
    seen.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto [at, fresh] = seen.emplace(ids[i], static_cast<std::uint32_t>(unique.size()));
        if (fresh) unique.push_back(ids[i]);
        places[i] = at->second;
    }
}

}  // namespace slackline
