// The published algorithms between synchronous and asynchronous SGD, each simulated straight from
// its paper: which gradients, computed where, make which update. Shares no code with the sequencer.
//
//   synchronous    one gradient of every worker a step
//   backup         Chen, Pan, Monga, Bengio, Jozefowicz 2016, algorithms 3 and 4 (also m-Sync): the
//                  first m gradients of a step win, one a worker; later ones are dropped
//   rennala        Tyurin and Richtarik 2023, method 4: m gradients at the current point, from
//                  whomever; gradients of older points are ignored
//   ssp            Ho et al. 2013: a worker starts only if its clock is at most s above the slowest
//   bounded        the delay of every applied gradient is at most S, and none is thrown away
//                  (Agarwal and Duchi 2011; Li et al. 2014)
//   ringmaster     Maranjyan, Tyurin and Richtarik 2025, algorithm 4: gradients delayed by R or
//                  more are ignored; with `stops` algorithm 5: their computation ends at once
//   asynchronous   every gradient at once
//
// What the papers leave open and is fixed here:
//   - Data: they draw a sample where a gradient is begun. Here it has the next number.
//   - Several workers are free at one moment: the one with the fewest open gradients begins first,
//     then the one with the lowest index. At the start they come one after the other.
//   - The end: data is finite, so the last update takes what there is.
//   - `window` > 1: a worker takes a further point while it computes, and computes one after the
//     other: as so many workers of the papers, whose times overlap. Computing times are arbitrary
//     in all of these papers.
//   - Messages take no time. Points are numbered as iterates: update k makes point k + 1 of k.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace slackline::published {

struct world {
    std::uint32_t workers = 1;
    std::uint32_t window = 1;
    std::uint64_t items = 1;
    /// How long the nth computation that a worker begins takes it, in ticks.
    std::function<std::int64_t(std::uint32_t worker, std::uint64_t nth)> ticks;
};

struct gradient {
    std::uint64_t item = 0;
    std::uint32_t worker = 0;
    std::uint64_t point = 0;  ///< where it was computed
    bool operator==(const gradient&) const = default;
};

/// A gradient that makes no update, and the current point when that was decided.
struct lost_gradient {
    gradient what;
    std::uint64_t at = 0;
    bool operator==(const lost_gradient&) const = default;
};

struct run {
    std::vector<std::vector<gradient>> updates;  ///< in order of arrival within an update
    std::vector<lost_gradient> ignored;          ///< arrived and were dropped
    std::vector<lost_gradient> stopped;          ///< ended before they arrived
    std::uint64_t waits = 0;                     ///< arrivals or workers that had to wait
};

run synchronous(const world& w);
run backup(const world& w, std::uint64_t m);
run rennala(const world& w, std::uint64_t m);
run ssp(const world& w, std::uint64_t s);
/// workers * window <= S + 1, or window = 1: then the first S + 1 workers take part.
run bounded(const world& w, std::uint64_t bound);
run ringmaster(const world& w, std::uint64_t threshold, bool stops);
run asynchronous(const world& w);

}  // namespace slackline::published
