// The benchmarks, each in a file of its own.
#pragma once

#include "tests/bench/report.hpp"

namespace slackline::bench {

void mlp(report& to, const settings& s);
void blas(report& to, const settings& s);
void apply_step(report& to, const settings& s);
void push_frame(report& to, const settings& s);
void order(report& to, const settings& s);
void link(report& to, const settings& s);
void stale(report& to, const settings& s);

}  // namespace slackline::bench
