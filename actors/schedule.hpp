// Learning-rate schedules: a pure function of how many items are closed.
//
// Cosine: Loshchilov and Hutter 2017, equation 5, one cycle. Warm-up: linear, from 1/warmup of the
// rate at the first item to all of it (Goyal et al. 2017), then the schedule proper over the rest.
#pragma once

#include <cstdint>
#include <string>

#include "messages/failure.hpp"

namespace slackline {

enum class schedule_kind { constant, step, cosine };

struct schedule {
    schedule_kind kind = schedule_kind::constant;
    double rate = 0.1;      ///< at its highest
    double final_rate = 0;  ///< cosine: at the end
    std::uint64_t warmup_items = 0;
    std::uint64_t step_items = 0;  ///< step: every so many items (0: never) ...
    double factor = 0.1;           ///< ... times this
    std::uint64_t items_total = 1;
};

/// `items_closed`: applied and skipped so far.
double learning_rate(const schedule& s, std::uint64_t items_closed);

result<schedule_kind> schedule_kind_from(const std::string& name);

}  // namespace slackline
