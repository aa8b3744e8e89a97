// What tests of the sequencer's core by hand share: two workers, rules, and a look at the effects.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "actors/sequencer.hpp"

namespace slackline {

inline constexpr worker_key a{0, 5};
inline constexpr worker_key b{1, 6};
inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

inline sequencer_settings rules(consistency_settings c = {}) {
    sequencer_settings s;
    s.consistency = c;
    s.items_per_epoch = 100;
    s.items_total = 10;
    s.lease_min_ms = 1'000;
    s.scalars = [](std::uint64_t, std::uint64_t) { return step_scalars{0.1f, 1, 1}; };
    return s;
}

inline consistency_settings bounded(std::uint32_t staleness, late_policy late,
                                    std::uint32_t window = 1) {
    consistency_settings c;
    c.staleness = staleness;
    c.late = late;
    c.window = window;
    return c;
}

/// A gradient of `item` under `lease`; its attempt has the lease's number.
inline commit gradient(worker_key from, item_id item, std::uint64_t lease, std::uint64_t base = 0) {
    return {from, item, base, 1.0, 10, lease, lease};
}

template <class T>
std::vector<T> all(const effects& of) {
    std::vector<T> some;
    for (const auto& e : of)
        if (const auto* x = std::get_if<T>(&e)) some.push_back(*x);
    return some;
}
template <class T>
std::vector<T> placed(const effects& of) {
    std::vector<T> some;
    for (const auto& p : all<placed_record>(of))
        if (const auto* x = std::get_if<T>(&p.body)) some.push_back(*x);
    return some;
}

/// The one answer; the answers must be to `to`.
inline std::optional<answer> answered(const effects& of, worker_key to) {
    const auto replies = all<reply>(of);
    if (replies.size() != 1 || replies[0].to != to) return std::nullopt;
    return replies[0].what;
}
inline bool drops(const effects& of, worker_key who, item_id item, std::uint64_t attempt) {
    const auto d = all<drop>(of);
    return d.size() == 1 && d[0].who == who && d[0].item == item && d[0].attempt == attempt;
}

}  // namespace slackline
