// Digits drawn by a program: 28 x 28 grey images of the classes 0 to 9, for runs without any file.
//
// Each image is a pure function of (seed, its number). A digit's strokes (digit_strokes.hpp) are
// bent by a wave, mapped by a random affine map (rotation, shear, scale, shift), drawn with a pen
// whose width changes along the stroke, and dimmed; some are crossed by a scratch or lose a band;
// noise lies on every pixel. Class of sample i: i mod 10.
#pragma once

#include <cstdint>

#include "cluster/data/images.hpp"

namespace slackline {

/// Samples [first, first + count) of the endless sequence that `seed` names.
std::shared_ptr<const dataset> draw_digits(std::uint64_t seed, std::uint64_t first,
                                           std::uint64_t count);

}  // namespace slackline
