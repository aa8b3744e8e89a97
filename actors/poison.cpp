#include "actors/poison.hpp"

#include <fmt/format.h>

#include <cmath>

namespace slackline {

std::string poison(double squared_norm, double norm_max) {
    if (!std::isfinite(squared_norm)) return "its gradient is not finite";
    if (norm_max == 0 || squared_norm <= norm_max * norm_max) return {};
    return fmt::format("its gradient's norm is {:.4g} and run.gradient_norm_max is {:.4g}",
                       std::sqrt(squared_norm), norm_max);
}

}  // namespace slackline
