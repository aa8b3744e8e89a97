#include "kernels/normal_quantile.hpp"

#include <cassert>
#include <cmath>

namespace slackline {

namespace {

/// Natural logarithm of a positive number: x = m * 2^e, log m = 2 artanh((m - 1) / (m + 1)).
double logarithm(double x) {
    int e = 0;
    double m = std::frexp(x, &e);
    if (m < 0.70710678118654752) {
        m *= 2;
        --e;
    }
    const double s = (m - 1) / (m + 1);
    const double s2 = s * s;
    double series = 0;
    for (int k = 21; k >= 1; k -= 2) series = series * s2 + 1.0 / k;
    return e * 0.69314718055994531 + 2 * s * series;
}

double centre(double q) {
    const double r = 0.180625 - q * q;
    const double above =
        ((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179;
    const double below = ((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1;
    return q * above / below;
}

/// r = sqrt(-log(tail's probability)).
double near_tail(double r) {
    r -= 1.6;
    const double above =
        ((1.7023821103e-1 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777;
    const double below = (1.2021132975e-1 * r + 7.3700164250e-1) * r + 1;
    return above / below;
}

double far_tail(double r) {
    r -= 5;
    const double above =
        ((1.7337203997e-2 * r + 4.2868294337e-1) * r + 3.0812263860) * r + 6.6579051150;
    const double below = (1.2258202635e-2 * r + 2.4197894225e-1) * r + 1;
    return above / below;
}

}  // namespace

double normal_quantile(double p) {
    assert(p > 0 && p < 1);
    const double q = p - 0.5;
    if (std::fabs(q) <= 0.425) return centre(q);
    const double r = std::sqrt(-logarithm(q < 0 ? p : 1 - p));
    const double x = r <= 5 ? near_tail(r) : far_tail(r);
    return q < 0 ? -x : x;
}

}  // namespace slackline
