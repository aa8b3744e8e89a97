// What makes a gradient poison: no worker may push it and no shard may take it.
//
// Pure; thread: any.
#pragma once

#include <string>

namespace slackline {

/// Why a gradient is refused whose squared norm is this, or a part of one: it is not finite, or
/// above the square of `norm_max` (0: there is no bound). Empty: it is not.
std::string poison(double squared_norm, double norm_max);

}  // namespace slackline
