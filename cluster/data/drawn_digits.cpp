#include "cluster/data/drawn_digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "cluster/data/digit_strokes.hpp"

namespace slackline {

namespace {

constexpr std::size_t side = 28;

// How much of each distortion: enough that an MLP does not learn every digit.
constexpr double wave_height = 0.04;   // of the unit square
constexpr double stroke_shift = 0.03;  // of the unit square
constexpr double angle_max = 0.25;     // radians
constexpr double shear_max = 0.3;      // x over y
constexpr double shift_max = 1.5;      // pixels
constexpr double noise_height = 0.3;   // of full ink
constexpr double scratch_chance = 0.25;
constexpr double gap_chance = 0.25;

double distance_to_segment(point p, point a, point b, double& along) {
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double length = dx * dx + dy * dy;
    along = length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
    return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

// Ink of one image: of each pixel how much of it is covered, in [0, 1].
class sheet {
public:
    sheet() { covered_.fill(0); }

    // A line in pixels whose half width goes from `from` to `to`.
    void draw(point a, point b, double from, double to) {
        visit(a, b, std::max(from, to) + 1, [&](double& c, double distance, double along) {
            const double half_width = from + (to - from) * along;
            c = std::max(c, std::clamp(half_width + 0.5 - distance, 0.0, 1.0));
        });
    }
    void erase(point a, point b, double half_width) {
        visit(a, b, half_width + 1, [&](double& c, double distance, double) {
            c = std::min(c, std::clamp(distance - half_width + 0.5, 0.0, 1.0));
        });
    }
    double operator[](std::size_t pixel) const { return covered_[pixel]; }

private:
    template <class F>
    void visit(point a, point b, double reach, F f) {
        const auto low = [&](double u, double v) {
            return static_cast<std::size_t>(std::clamp(std::min(u, v) - reach, 0.0, 27.0));
        };
        const auto high = [&](double u, double v) {
            return static_cast<std::size_t>(std::clamp(std::max(u, v) + reach, 0.0, 27.0));
        };
        for (auto y = low(a.y, b.y); y <= high(a.y, b.y); ++y)
            for (auto x = low(a.x, b.x); x <= high(a.x, b.x); ++x) {
                double along = 0;
                const auto d = distance_to_segment({static_cast<double>(x), static_cast<double>(y)},
                                                   a, b, along);
                f(covered_[y * side + x], d, along);
            }
    }

    std::array<double, side * side> covered_;
};

// Long lines get points in between, so that a wave can bend them.
stroke refined(const stroke& s) {
    constexpr double step = 0.08;
    stroke fine;
    for (std::size_t k = 0; k + 1 < s.size(); ++k) {
        const auto& a = s[k];
        const auto& b = s[k + 1];
        const int parts = 1 + static_cast<int>(std::hypot(b.x - a.x, b.y - a.y) / step);
        for (int i = 0; i < parts; ++i)
            fine.push_back({a.x + (b.x - a.x) * i / parts, a.y + (b.y - a.y) * i / parts});
    }
    fine.push_back(s.back());
    return fine;
}

// A smooth displacement of the unit square.
class wave {
public:
    explicit wave(random_source& r)
        : height_(r.between(-wave_height, wave_height)),
          x_(r.between(-1.5, 1.5)),
          y_(r.between(-1.5, 1.5)),
          phase_(r.uniform()) {}
    double at(point p) const {
        return height_ * std::sin(2 * std::numbers::pi * (x_ * p.x + y_ * p.y + phase_));
    }

private:
    double height_;
    double x_;
    double y_;
    double phase_;
};

// The strokes in pixels, after this sample's distortions.
std::vector<stroke> bent(unsigned digit, random_source& r) {
    auto strokes = strokes_of(digit, r);
    const std::array<wave, 4> waves{wave(r), wave(r), wave(r), wave(r)};
    const double angle = r.between(-angle_max, angle_max);
    const double shear = r.between(-shear_max, shear_max);
    const double wide = r.between(0.7, 1.05) * 20;
    const double high = r.between(0.8, 1.05) * 21;
    const double cx = (side - 1) / 2.0 + r.between(-shift_max, shift_max);
    const double cy = (side - 1) / 2.0 + r.between(-shift_max, shift_max);
    for (auto& s : strokes) {
        s = refined(s);
        const double dx = r.between(-stroke_shift, stroke_shift);
        const double dy = r.between(-stroke_shift, stroke_shift);
        for (auto& p : s) {
            const double v = p.y - 0.5 + dy + waves[0].at(p) + waves[1].at(p);
            const double u = p.x - 0.5 + dx + waves[2].at(p) + waves[3].at(p) + shear * v;
            p = {cx + u * wide * std::cos(angle) - v * high * std::sin(angle),
                 cy + u * wide * std::sin(angle) + v * high * std::cos(angle)};
        }
    }
    return strokes;
}

void write(const std::vector<stroke>& strokes, random_source& r, sheet& on) {
    const double half_width = r.between(0.7, 1.8);
    const double swell = r.between(0, 0.5);
    const double turns = r.between(0.05, 0.25);
    const double phase = r.uniform();
    const auto at = [&](std::size_t k) {
        return half_width * (1 + swell * std::sin(2 * std::numbers::pi *
                                                  (phase + turns * static_cast<double>(k))));
    };
    for (const auto& s : strokes)
        for (std::size_t k = 0; k + 1 < s.size(); ++k) on.draw(s[k], s[k + 1], at(k), at(k + 1));
}

point anywhere(random_source& r) {
    return {r.between(3, side - 4.0), r.between(3, side - 4.0)};
}

void spoil(random_source& r, sheet& on) {
    const auto near = [&](point p) {
        return point{p.x + r.between(-9, 9), p.y + r.between(-9, 9)};
    };
    if (r.chance(gap_chance)) {
        const auto a = anywhere(r);
        on.erase(a, near(a), r.between(0.5, 1.5));
    }
    if (r.chance(scratch_chance)) {
        const auto a = anywhere(r);
        on.draw(a, near(a), r.between(0.2, 0.8), r.between(0.2, 0.8));
    }
}

void draw(unsigned digit, random_source r, std::uint8_t* image) {
    sheet paper;
    write(bent(digit, r), r, paper);
    spoil(r, paper);
    const double ink = r.between(0.6, 1.0);
    const double noise = r.between(0.05, noise_height);
    for (std::size_t i = 0; i < side * side; ++i) {
        const double grey = ink * paper[i] + noise * (r.uniform() + r.uniform() - 1.0);
        image[i] = static_cast<std::uint8_t>(255 * std::clamp(grey, 0.0, 1.0));
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
