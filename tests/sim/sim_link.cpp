#include "tests/sim/sim_link.hpp"

namespace slackline {

sim_link::sim_link(local_link& actors, sim_network& network, clock_edge& clock, std::uint64_t seed,
                   link_faults faults, link_surroundings around)
    : actors_(actors),
      network_(network),
      clock_(clock),
      random_(seed),
      faults_(faults),
      around_(std::move(around)) {}

void sim_link::launch(address from, address to, const frame& f) {
    const auto delay = std::int64_t(random_() % std::uint64_t(faults_.delay_max_ms + 1));
    in_flight_.emplace(clock_.now_ms() + delay, travelling{from, to, f});
}

void sim_link::send(address to, frame f) {
    frame_reader reader(f);
    around_.see(to, f, reader.root());
    if (chance(faults_.loss)) return;
    const auto from = read_address(reader.root().getFrom());
    launch(from, to, f);
    if (chance(faults_.duplication)) launch(from, to, f);
}

void sim_link::deliver_due() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= clock_.now_ms()) {
        const auto next = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        const auto from = around_.node_of(next.from);
        const auto to = around_.node_of(next.to);
        if (from == to)
            actors_.send(next.to, next.frame);
        else
            network_.send(from, to, next.frame);
    }
}

void sim_link::cut(const std::set<address>& node) {
    std::erase_if(in_flight_, [&](const auto& t) {
        return node.contains(t.second.from) || node.contains(t.second.to);
    });
}

}  // namespace slackline
