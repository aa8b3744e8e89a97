// The inverse of the standard normal distribution function, with the same bits on every machine.
//
// Algorithm: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", 1988,
// PPND7 (about 7 digits). Its logarithm is computed here from the four operations and sqrt, which
// IEEE 754 fixes, and not by the C library, which may differ between machines. Thread: any.
#pragma once

namespace slackline {

/// The x below which a standard normal value falls with probability p; 0 < p < 1.
double normal_quantile(double p);

}  // namespace slackline
