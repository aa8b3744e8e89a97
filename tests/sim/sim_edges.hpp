// A clock that the simulation moves, and lives that it counts.
#pragma once

#include <cstdint>

#include "actors/edges.hpp"

namespace slackline {

class sim_clock : public clock_edge {
public:
    std::int64_t now_ms() const override { return now_ms_; }
    void advance(std::int64_t ms) { now_ms_ += ms; }

private:
    std::int64_t now_ms_ = 1;
};

class counted : public incarnations_edge {
public:
    std::uint64_t next() override { return ++last_; }

private:
    std::uint64_t last_ = 0;
};

}  // namespace slackline
