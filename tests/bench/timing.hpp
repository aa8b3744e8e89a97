// Timing of a call that is too short for the clock.
#pragma once

#include <chrono>

namespace slackline::bench {

/// Seconds a call of `f`, averaged over so many calls in a row that they take at least half of
/// `about_s`. Fewer calls go before, untimed in the end.
template <class F>
double seconds_a_call(double about_s, F f) {
    for (std::size_t calls = 1;; calls *= 2) {
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < calls; ++i) f();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        if (took.count() >= about_s / 2) return took.count() / static_cast<double>(calls);
    }
}

}  // namespace slackline::bench
