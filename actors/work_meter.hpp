// Which part of the time an actor was at work, lately.
//
// A decaying mean over about the last five seconds. Pure; owner and thread: one actor. Times are of
// its clock: what takes less than a millisecond counts now and then as one, and so right on
// average.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace slackline {

class work_meter {
public:
    void worked(std::int64_t for_ms) { worked_ms_ += for_ms; }

    /// Once a heartbeat.
    void tick(std::int64_t now_ms) {
        const auto passed_ms = now_ms - std::exchange(ticked_ms_, now_ms);
        const auto worked_ms = std::exchange(worked_ms_, 0);
        if (passed_ms <= 0) return;
        const double now =
            1'000.0 * static_cast<double>(worked_ms) / static_cast<double>(passed_ms);
        const double weight = std::min(1.0, static_cast<double>(passed_ms) / memory_ms);
        mean_ += weight * (std::min(now, 1'000.0) - mean_);
    }

    /// Thousandths.
    std::uint32_t busy() const { return static_cast<std::uint32_t>(std::lround(mean_)); }

private:
    static constexpr double memory_ms = 5'000;
    std::int64_t ticked_ms_ = 0;
    std::int64_t worked_ms_ = 0;
    double mean_ = 0;
};

}  // namespace slackline
