#include "tests/sim/sim_link.hpp"

namespace slackline {

sim_link::sim_link(local_link& actors, clock_edge& clock, std::uint64_t seed, link_faults faults,
                   observer see)
    : actors_(actors), clock_(clock), random_(seed), faults_(faults), see_(std::move(see)) {}

void sim_link::launch(address from, address to, const frame& f) {
    const auto delay = std::int64_t(random_() % std::uint64_t(faults_.delay_max_ms + 1));
    in_flight_.emplace(clock_.now_ms() + delay, travelling{from, to, f});
}

bool sim_link::parted(address from, address to) const {
    return clock_.now_ms() < parted_until_ms_ && inside_.contains(from) != inside_.contains(to);
}

void sim_link::send(address to, frame f) {
    frame_reader reader(f);
    see_(to, f, reader.root());
    const auto from = read_address(reader.root().getFrom());
    if (parted(from, to) || chance(faults_.loss)) return;
    launch(from, to, f);
    if (chance(faults_.duplication)) launch(from, to, f);
}

void sim_link::deliver_due() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= clock_.now_ms()) {
        const auto next = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        actors_.send(next.to, next.frame);
    }
}

void sim_link::cut(const std::set<address>& node) {
    std::erase_if(in_flight_, [&](const auto& t) {
        return node.contains(t.second.from) || node.contains(t.second.to);
    });
}

void sim_link::part(std::set<address> inside, std::int64_t until_ms) {
    inside_ = std::move(inside);
    parted_until_ms_ = until_ms;
}

void sim_link::heal() {
    faults_ = {faults_.delay_max_ms, 0, 0};
    parted_until_ms_ = 0;
}

}  // namespace slackline
