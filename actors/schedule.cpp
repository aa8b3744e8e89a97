#include "actors/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace slackline {

double learning_rate(const schedule& s, std::uint64_t items_closed) {
    if (items_closed < s.warmup_items)
        return s.rate * static_cast<double>(items_closed + 1) / static_cast<double>(s.warmup_items);
    const std::uint64_t after = items_closed - s.warmup_items;
    switch (s.kind) {
        case schedule_kind::constant:
            break;
        case schedule_kind::step:
            if (s.step_items == 0) break;
            return s.rate * std::pow(s.factor, static_cast<double>(after / s.step_items));
        case schedule_kind::cosine: {
            const auto length = static_cast<double>(std::max<std::uint64_t>(
                1, s.items_total - std::min(s.warmup_items, s.items_total)));
            const double part = std::min(1.0, static_cast<double>(after) / length);
            return s.final_rate +
                   (s.rate - s.final_rate) * 0.5 * (1 + std::cos(std::numbers::pi * part));
        }
    }
    return s.rate;
}

result<schedule_kind> schedule_kind_from(const std::string& name) {
    if (name == "constant") return schedule_kind::constant;
    if (name == "step") return schedule_kind::step;
    if (name == "cosine") return schedule_kind::cosine;
    return fail(failure_code::usage,
                fmt::format("there is no schedule '{}'; use constant, step or cosine", name));
}

}  // namespace slackline
