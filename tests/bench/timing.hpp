// Timing of a call that is too short for the clock.
#pragma once

#include <cstddef>
#include <ctime>

namespace slackline::bench {

/// Processor time of the calling thread: what others do on the machine disturbs it least.
inline double thread_s() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Seconds a call of `f`, averaged over so many calls in a row that they take at least half of
/// `about_s`. Fewer calls go before, untimed in the end.
template <class F>
double seconds_a_call(double about_s, F f) {
    for (std::size_t calls = 1;; calls *= 2) {
        const double begin = thread_s();
        for (std::size_t i = 0; i < calls; ++i) f();
        const double took = thread_s() - begin;
        if (took >= about_s / 2) return took / static_cast<double>(calls);
    }
}

}  // namespace slackline::bench
