#include "cluster/data/digit_strokes.hpp"

#include <cmath>
#include <numbers>

namespace slackline {

namespace {

// Part of an ellipse around c, from angle `from` to `to` (turns; 0 = right, 0.25 = down).
stroke arc(point c, double rx, double ry, double from, double to) {
    stroke line;
    for (int k = 0; k <= 16; ++k) {
        const double a = 2 * std::numbers::pi * (from + (to - from) * k / 16);
        line.push_back({c.x + rx * std::cos(a), c.y + ry * std::sin(a)});
    }
    return line;
}

stroke joined(stroke a, const stroke& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

std::vector<stroke> zero(random_source& r) {
    const double start = r.between(0.6, 0.85);
    return {arc({.5, .5}, r.between(.2, .3), .4, start, start - r.between(0.9, 1.08))};
}

std::vector<stroke> one(random_source& r) {
    const double flag = r.between(0, 0.22);
    std::vector<stroke> s{{{.52 - flag, .1 + flag * 0.8}, {.52, .1}, {.52, .9}}};
    if (r.chance(0.2)) s.push_back({{.34, .9}, {.7, .9}});
    return s;
}

std::vector<stroke> two(random_source& r) {
    const auto top = arc({.5, .33}, r.between(.2, .28), .23, r.between(.48, .62), 1.1);
    if (r.chance(0.3)) return {joined(top, {{.36, .8}, {.3, .88}, {.42, .78}, {.78, .9}})};
    return {joined(top, {{.25, .9}, {.78, r.between(.84, .92)}})};
}

std::vector<stroke> three(random_source& r) {
    const auto bowl = arc({.47, .7}, r.between(.24, .3), .2, .75, r.between(1.3, 1.45));
    if (r.chance(0.25)) return {joined({{.26, .12}, {.7, .12}, {.45, .46}}, bowl)};
    return {arc({.47, .3}, r.between(.2, .27), .2, r.between(.52, .65), 1.25), bowl};
}

std::vector<stroke> four(random_source& r) {
    const double bar = r.between(.52, .68);
    if (r.chance(0.5)) return {{{.6, .9}, {.6, .1}, {.2, bar}, {.82, bar}}};
    return {{{.3, .1}, {.24, bar}, {.8, bar}}, {{.66, r.between(.1, .35)}, {.64, .92}}};
}

std::vector<stroke> five(random_source& r) {
    const auto bowl = arc({.48, .65}, r.between(.24, .3), .24, .7, r.between(1.25, 1.45));
    if (r.chance(0.3)) return {joined({{.34, .12}, {.3, .45}}, bowl), {{.34, .12}, {.74, .1}}};
    return {joined({{.75, .1}, {.32, .1}, {.28, .45}}, bowl)};
}

std::vector<stroke> six(random_source& r) {
    const double lean = r.between(.5, .72);
    const auto bowl = arc({.5, .68}, r.between(.2, .27), r.between(.18, .24), .5, 1.5);
    return {joined({{lean, .1}, {.4, .3}, {.27, .55}}, bowl)};
}

std::vector<stroke> seven(random_source& r) {
    std::vector<stroke> s{{{.22, .12}, {.78, .12}, {r.between(.34, .55), .9}}};
    if (r.chance(0.3)) s.push_back({{.38, .5}, {.72, .5}});
    return s;
}

std::vector<stroke> eight(random_source& r) {
    const double waist = r.between(.46, .52);
    return {arc({.5, waist - .2}, r.between(.16, .24), .2, .25, r.between(1.15, 1.25)),
            arc({.5, waist + .2}, r.between(.2, .28), .2, .75, r.between(1.65, 1.75))};
}

std::vector<stroke> nine(random_source& r) {
    const auto loop = arc({.5, .33}, r.between(.19, .26), .22, 1, r.between(.02, 0));
    if (r.chance(0.3)) return {joined(loop, {{.74, .33}}), arc({.45, .62}, .29, .28, -.1, .35)};
    return {joined(loop, {{.74, .33}, {.7, .65}, {r.between(.45, .7), .9}})};
}

}  // namespace

std::vector<stroke> strokes_of(unsigned digit, random_source& r) {
    switch (digit) {
        case 0:
            return zero(r);
        case 1:
            return one(r);
        case 2:
            return two(r);
        case 3:
            return three(r);
        case 4:
            return four(r);
        case 5:
            return five(r);
        case 6:
            return six(r);
        case 7:
            return seven(r);
        case 8:
            return eight(r);
        default:
            return nine(r);
    }
}

}  // namespace slackline
