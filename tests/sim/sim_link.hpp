// A simulated link: frames arrive late, out of order, twice or never, as the seed has it; between
// nodes they travel as bytes besides (tests/sim/sim_network.hpp).
//
// Every frame that is sent passes the observer first. Time is given; nothing moves by itself.
// Owner and thread: the simulation's one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "actors/local_link.hpp"
#include "tests/sim/sim_network.hpp"

namespace slackline {

struct link_faults {
    std::int64_t delay_max_ms = 5;  ///< uniform from 0
    double loss = 0;
    double duplication = 0;
};

/// Who hears of what.
struct link_surroundings {
    std::function<std::uint32_t(address)> node_of;
    std::function<void(address to, const frame& f, wire::Message::Reader m)> see;
};

class sim_link : public link_edge {
public:
    sim_link(local_link& actors, sim_network& network, clock_edge& clock, std::uint64_t seed,
             link_faults faults, link_surroundings around);

    void send(address to, frame f) override;

    void deliver_due();

    /// A node's link is cut: what is in flight from and to it is lost.
    void cut(const std::set<address>& node);

    /// From now on frames are late and out of order, but neither lost nor doubled.
    void heal() { faults_ = {faults_.delay_max_ms, 0, 0}; }
    void clear() { in_flight_.clear(); }

private:
    struct travelling {
        address from;
        address to;
        slackline::frame frame;
    };
    void launch(address from, address to, const frame& f);
    bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }

    local_link& actors_;
    sim_network& network_;
    clock_edge& clock_;
    std::mt19937_64 random_;
    link_faults faults_;
    link_surroundings around_;
    std::multimap<std::int64_t, travelling> in_flight_;
};

}  // namespace slackline
