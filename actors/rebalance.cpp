#include "actors/rebalance.hpp"

#include <algorithm>
#include <optional>

namespace slackline {

namespace {

bool holds(const part_load& p, std::uint32_t node) {
    return std::find(p.nodes.begin(), p.nodes.end(), node) != p.nodes.end();
}

// The largest part of one node that fits into the gap to another, so that neither is above what the
// first was.
part_load* best_of(std::vector<part_load>& parts, std::uint32_t from, std::uint32_t to,
                   std::uint64_t gap) {
    part_load* best = nullptr;
    for (auto& p : parts) {
        const bool can = std::find(p.places.begin(), p.places.end(), to) != p.places.end();
        if (!can || !holds(p, from) || holds(p, to) || p.load == 0 || p.load >= gap) continue;
        if (best == nullptr || p.load > best->load) best = &p;
    }
    return best;
}

}  // namespace

node_loads loads_of(const std::vector<part_load>& parts, const std::vector<std::uint32_t>& nodes) {
    node_loads loads;
    for (const auto n : nodes) loads[n] = 0;
    for (const auto& p : parts)
        for (const auto n : p.nodes)
            if (const auto l = loads.find(n); l != loads.end()) l->second += p.load;
    return loads;
}

double imbalance(const node_loads& loads) {
    double most = 0;
    double sum = 0;
    for (const auto& [node, load] : loads) {
        most = std::max(most, static_cast<double>(load));
        sum += static_cast<double>(load);
    }
    return sum == 0 ? 1 : most * static_cast<double>(loads.size()) / sum;
}

// Each move brings the sum of the loads' squares down, so they end.
std::vector<part_move> rebalance(std::vector<part_load> parts,
                                 const std::vector<std::uint32_t>& nodes) {
    std::vector<part_move> moves;
    const auto move_one = [&] {
        const auto loads = loads_of(parts, nodes);
        std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
        for (const auto& [node, load] : loads) order.emplace_back(load, node);
        std::sort(order.begin(), order.end());
        for (auto high = order.rbegin(); high != order.rend(); ++high)
            for (const auto& low : order) {
                if (low.first >= high->first) break;
                auto* p = best_of(parts, high->second, low.second, high->first - low.first);
                if (p == nullptr) continue;
                *std::find(p->nodes.begin(), p->nodes.end(), high->second) = low.second;
                moves.push_back({p->part, high->second, low.second});
                return true;
            }
        return false;
    };
    while (move_one()) {
    }
    return moves;
}

}  // namespace slackline
