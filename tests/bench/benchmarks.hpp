// The benchmarks, each in the file of its name.
#pragma once

#include "tests/bench/report.hpp"

namespace slackline::bench {

void mlp(report& to, const settings& s);

}  // namespace slackline::bench
