// Digits drawn by a program: 28 x 28 grey images of the classes 0 to 9, for runs without any file.
//
// Each image is a pure function of (seed, its number). A digit is a few strokes (lines and arcs in
// the unit square); each sample bends them by a random affine map (rotation, shear, scale, shift),
// draws them with a random thickness and soft edges, dims them, and adds noise to every pixel.
// Class of sample i: i mod 10.
#pragma once

#include <cstdint>

#include "cluster/data/images.hpp"

namespace slackline {

/// Samples [first, first + count) of the endless sequence that `seed` names.
std::shared_ptr<const dataset> draw_digits(std::uint64_t seed, std::uint64_t first,
                                           std::uint64_t count);

}  // namespace slackline
