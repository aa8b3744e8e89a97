#include "cluster/data/drawn_digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "kernels/mix.hpp"

namespace slackline {

namespace {

constexpr std::size_t side = 28;

struct point {
    double x;
    double y;
};

// Counter-based uniform numbers in [0, 1): equal on every machine.
class random_source {
public:
    random_source(std::uint64_t seed, std::uint64_t number)
        : state_(mix64(seed + golden_gamma * (number + 1))) {}
    double uniform() {
        return static_cast<double>(mix64(state_ += golden_gamma) >> 11) * 0x1.0p-53;
    }
    double between(double low, double high) { return low + (high - low) * uniform(); }

private:
    std::uint64_t state_;
};

// Part of an ellipse around c, from angle `from` to `to` (turns; 0 = right, 0.25 = down).
std::vector<point> arc(point c, double rx, double ry, double from, double to) {
    std::vector<point> line;
    for (int k = 0; k <= 16; ++k) {
        const double a = 2 * std::numbers::pi * (from + (to - from) * k / 16);
        line.push_back({c.x + rx * std::cos(a), c.y + ry * std::sin(a)});
    }
    return line;
}

std::vector<std::vector<point>> strokes_of(unsigned digit) {
    switch (digit) {
        case 0:
            return {arc({.5, .5}, .28, .4, 0, 1)};
        case 1:
            return {{{.35, .25}, {.52, .1}, {.52, .9}}};
        case 2: {
            auto top = arc({.5, .33}, .26, .23, .5, 1.1);
            top.insert(top.end(), {{.25, .9}, {.78, .9}});
            return {top};
        }
        case 3:
            return {arc({.47, .3}, .25, .2, .55, 1.25), arc({.47, .7}, .28, .2, .75, 1.45)};
        case 4:
            return {{{.62, .9}, {.62, .1}, {.2, .62}, {.82, .62}}};
        case 5: {
            std::vector<point> line{{.75, .1}, {.32, .1}, {.28, .45}};
            const auto bowl = arc({.48, .65}, .28, .24, .7, 1.4);
            line.insert(line.end(), bowl.begin(), bowl.end());
            return {line};
        }
        case 6:
            return {arc({.5, .67}, .25, .23, 0, 1), {{.66, .1}, {.4, .32}, {.26, .62}}};
        case 7:
            return {{{.22, .12}, {.78, .12}, {.42, .9}}};
        case 8:
            return {arc({.5, .3}, .21, .2, 0, 1), arc({.5, .7}, .26, .2, 0, 1)};
        default:
            return {arc({.5, .33}, .24, .22, 0, 1), {{.74, .33}, {.7, .65}, {.55, .9}}};
    }
}

double distance_to_segment(point p, point a, point b) {
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double length = dx * dx + dy * dy;
    const double t =
        length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
    return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

// The strokes in pixels, after this sample's affine map.
std::vector<std::vector<point>> bent(unsigned digit, random_source& r) {
    const double angle = r.between(-0.3, 0.3);
    const double shear = r.between(-0.3, 0.3);
    const double wide = r.between(0.65, 1.0) * 20;
    const double high = r.between(0.75, 1.0) * 21;
    const double cx = side / 2.0 + r.between(-2.5, 2.5);
    const double cy = side / 2.0 + r.between(-2.5, 2.5);
    auto strokes = strokes_of(digit);
    for (auto& s : strokes)
        for (auto& p : s) {
            const double x = (p.x - 0.5 + r.between(-0.02, 0.02) + shear * (p.y - 0.5)) * wide;
            const double y = (p.y - 0.5 + r.between(-0.02, 0.02)) * high;
            p = {cx + x * std::cos(angle) - y * std::sin(angle),
                 cy + x * std::sin(angle) + y * std::cos(angle)};
        }
    return strokes;
}

void draw(unsigned digit, random_source r, std::uint8_t* image) {
    const auto strokes = bent(digit, r);
    const double half_width = r.between(0.7, 1.7);
    const double ink = r.between(0.7, 1.0);
    std::array<double, side * side> nearest;
    nearest.fill(half_width + 1);
    for (const auto& s : strokes)
        for (std::size_t k = 0; k + 1 < s.size(); ++k) {
            const double reach = half_width + 1;
            const auto low = [&](double a, double b) {
                return static_cast<std::size_t>(std::clamp(std::min(a, b) - reach, 0.0, 27.0));
            };
            const auto high = [&](double a, double b) {
                return static_cast<std::size_t>(std::clamp(std::max(a, b) + reach, 0.0, 27.0));
            };
            for (auto y = low(s[k].y, s[k + 1].y); y <= high(s[k].y, s[k + 1].y); ++y)
                for (auto x = low(s[k].x, s[k + 1].x); x <= high(s[k].x, s[k + 1].x); ++x) {
                    const point at{static_cast<double>(x), static_cast<double>(y)};
                    auto& d = nearest[y * side + x];
                    d = std::min(d, distance_to_segment(at, s[k], s[k + 1]));
                }
        }
    for (std::size_t i = 0; i < nearest.size(); ++i) {
        const double stroke = ink * std::clamp(half_width + 0.5 - nearest[i], 0.0, 1.0);
        const double noise = 0.25 * (r.uniform() + r.uniform() - 1.0);
        image[i] = static_cast<std::uint8_t>(255 * std::clamp(stroke + noise, 0.0, 1.0));
    }
}

}  // namespace

std::shared_ptr<const dataset> draw_digits(std::uint64_t seed, std::uint64_t first,
                                           std::uint64_t count) {
    std::vector<std::uint8_t> pixels(count * side * side);
    std::vector<std::uint8_t> labels(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        labels[i] = static_cast<std::uint8_t>((first + i) % 10);
        draw(labels[i], random_source(seed, first + i), &pixels[i * side * side]);
    }
    return std::make_shared<image_dataset>(std::move(pixels), std::move(labels), side * side, 10);
}

}  // namespace slackline
