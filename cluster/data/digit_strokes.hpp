// How a hand writes the digits 0 to 9: strokes in the unit square, x to the right, y downwards.
//
// A digit has several ways to be written (an open or a closed 4, a 7 with a bar); one of them is
// drawn by lot. Arcs come as short lines. Thread: pure; any.
#pragma once

#include <vector>

#include "cluster/data/random_source.hpp"

namespace slackline {

struct point {
    double x;
    double y;
};

using stroke = std::vector<point>;

/// `digit` in [0, 10).
std::vector<stroke> strokes_of(unsigned digit, random_source& r);

}  // namespace slackline
