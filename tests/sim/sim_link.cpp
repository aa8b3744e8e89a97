#include "tests/sim/sim_link.hpp"

namespace slackline {

sim_link::sim_link(local_link& actors, clock_edge& clock, std::uint64_t seed, link_faults faults,
                   observer see)
    : actors_(actors), clock_(clock), random_(seed), faults_(faults), see_(std::move(see)) {}

void sim_link::launch(address to, const frame& f) {
    const auto delay = std::int64_t(random_() % std::uint64_t(faults_.delay_max_ms + 1));
    in_flight_.emplace(clock_.now_ms() + delay, std::pair(to, f));
}

void sim_link::send(address to, frame f) {
    frame_reader reader(f);
    see_(to, f, reader.root());
    if (chance(faults_.loss)) return;
    launch(to, f);
    if (chance(faults_.duplication)) launch(to, f);
}

bool sim_link::deliver_due() {
    bool any = false;
    while (!in_flight_.empty() && in_flight_.begin()->first <= clock_.now_ms()) {
        const auto [to, f] = in_flight_.begin()->second;
        in_flight_.erase(in_flight_.begin());
        actors_.send(to, f);
        any = true;
    }
    return any;
}

}  // namespace slackline
