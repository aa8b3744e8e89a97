// Whether the model of this node is the one that its run's coordinator has.
//
// Pure; thread: any.
#pragma once

#include <optional>
#include <string>

#include "kernels/layout.hpp"

namespace slackline {

/// The first difference, as "the tensor 1 is 'w' [3, 4], zero 0 here and absent at the
/// coordinator"; none where the two are one, with the initial values of each parameter.
std::optional<std::string> layout_difference(const model_layout& here,
                                             const model_layout& coordinator);

}  // namespace slackline
