// The edges of a real process: its monotonic clock, and incarnation numbers that only rise.
#pragma once

#include <atomic>
#include <chrono>

#include "actors/edges.hpp"

namespace slackline {

class steady_clock_edge : public clock_edge {
public:
    std::int64_t now_ms() const override {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }
};

class counted_incarnations : public incarnations_edge {
public:
    std::uint64_t next() override { return ++last_; }

private:
    std::atomic<std::uint64_t> last_{0};
};

}  // namespace slackline
