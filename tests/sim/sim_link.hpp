// A simulated link: frames arrive late, out of order, twice or never, as the seed has it.
//
// Every frame that is sent passes the observer first. Time is given; nothing moves by itself.
// Owner and thread: the simulation's one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>

#include "actors/local_link.hpp"

namespace slackline {

struct link_faults {
    std::int64_t delay_max_ms = 5;  ///< uniform from 0
    double loss = 0;
    double duplication = 0;
};

class sim_link : public link_edge {
public:
    using observer = std::function<void(address to, const frame& f, wire::Message::Reader m)>;

    sim_link(local_link& actors, clock_edge& clock, std::uint64_t seed, link_faults faults,
             observer see);

    void send(address to, frame f) override;

    /// Delivers what is due; false when nothing was.
    bool deliver_due();
    bool empty() const { return in_flight_.empty(); }
    void heal() { faults_ = {faults_.delay_max_ms, 0, 0}; }
    void clear() { in_flight_.clear(); }

private:
    void launch(address to, const frame& f);
    bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }

    local_link& actors_;
    clock_edge& clock_;
    std::mt19937_64 random_;
    link_faults faults_;
    observer see_;
    std::multimap<std::int64_t, std::pair<address, frame>> in_flight_;
};

}  // namespace slackline
