// The dense layer and its gradients against plain loops in double, at odd shapes and odd cuts.
#include "kernels/dense.hpp"

#include <cmath>

#include "tests/catch.hpp"
#include "tests/unit/kernels_cut.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;
using test::cut_tensor;
using test::numbers;

namespace {

struct shape {
    std::size_t batch, in, out;
};

constexpr shape shapes[] = {{1, 1, 1},  {1, 3, 1},   {3, 1, 17},  {17, 17, 3},
                            {3, 64, 1}, {1, 17, 64}, {64, 3, 17}, {17, 65, 64}};

/// A layer's operands, whole, and dy of the layer above.
struct layer {
    shape s;
    std::vector<float> x, weight, bias, dy;

    layer(const shape& of, numbers& draw)
        : s(of),
          x(draw.many(s.batch * s.in)),
          weight(draw.many(s.in * s.out)),
          bias(draw.many(s.out)),
          dy(draw.many(s.batch * s.out)) {}

    double y(std::size_t b, std::size_t o) const {
        double sum = bias[o];
        for (std::size_t i = 0; i < s.in; ++i)
            sum += static_cast<double>(x[b * s.in + i]) * weight[i * s.out + o];
        return sum;
    }
    double d_weight(std::size_t i, std::size_t o) const {
        double sum = 0;
        for (std::size_t b = 0; b < s.batch; ++b)
            sum += static_cast<double>(x[b * s.in + i]) * dy[b * s.out + o];
        return sum;
    }
    double d_bias(std::size_t o) const {
        double sum = 0;
        for (std::size_t b = 0; b < s.batch; ++b) sum += dy[b * s.out + o];
        return sum;
    }
    double dx(std::size_t b, std::size_t i) const {
        double sum = 0;
        for (std::size_t o = 0; o < s.out; ++o)
            sum += static_cast<double>(dy[b * s.out + o]) * weight[i * s.out + o];
        return sum;
    }
};

/// Sums of `terms` products of numbers below 1: each addition rounds a sum below `terms`, in
/// whatever order; twice that leaves room for the products' own roundings.
double bound(std::size_t terms) {
    const auto t = static_cast<double>(terms + 1);
    return 2 * t * t * test::rounding;
}

template <class Expected>
void check_all(const std::vector<float>& found, std::size_t rows, std::size_t width,
               std::size_t terms, Expected expected) {
    REQUIRE(found.size() == rows * width);
    double distance = 0;
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < width; ++c) {
            const double d = std::fabs(found[r * width + c] - expected(r, c));
            distance = d <= distance ? distance : d;  // not a number stays
        }
    CHECK(distance <= bound(terms));
}

template <class F>
void for_each_cut(F f) {
    numbers draw(21);
    for (const shape& s : shapes) {
        const layer l(s, draw);
        const auto weight_cuts = test::ways_to_cut(s.in);
        const auto bias_cuts = test::ways_to_cut(s.out);
        for (std::size_t w = 0; w < std::max(weight_cuts.size(), bias_cuts.size()); ++w) {
            INFO("batch " << s.batch << ", in " << s.in << ", out " << s.out << ", cut " << w);
            cut_tensor weight(s.in, s.out, weight_cuts[w % weight_cuts.size()]);
            cut_tensor bias(s.out, 1, bias_cuts[w % bias_cuts.size()]);
            f(l, weight, bias);
            CHECK(weight.guards_hold());
            CHECK(bias.guards_hold());
        }
    }
}

}  // namespace

TEST_CASE("a dense layer is x W + b, however W and b are cut", "[kernels]") {
    for_each_cut([](const layer& l, cut_tensor& weight, cut_tensor& bias) {
        weight.set(l.weight);
        bias.set(l.bias);
        std::vector<float> y(l.s.batch * l.s.out, test::not_a_number);
        dense_forward(l.s.batch, l.x.data(), weight.view<const float>(), bias.view<const float>(),
                      y.data());
        check_all(y, l.s.batch, l.s.out, l.s.in,
                  [&](std::size_t b, std::size_t o) { return l.y(b, o); });
    });
}

TEST_CASE("a dense layer's gradients are those of x W + b, however they are cut", "[kernels]") {
    for_each_cut([](const layer& l, cut_tensor& weight, cut_tensor& bias) {
        cut_tensor d_weight = weight;
        cut_tensor d_bias = bias;
        d_weight.set(std::vector<float>(l.weight.size(), test::not_a_number));
        d_bias.set(std::vector<float>(l.bias.size(), test::not_a_number));
        weight.set(l.weight);
        std::vector<float> dx(l.x.size(), test::not_a_number);
        dense_backward(l.s.batch, l.x.data(), weight.view<const float>(), l.dy.data(),
                       d_weight.view<float>(), d_bias.view<float>(), dx.data());
        check_all(d_weight.values(), l.s.in, l.s.out, l.s.batch,
                  [&](std::size_t i, std::size_t o) { return l.d_weight(i, o); });
        check_all(d_bias.values(), l.s.out, 1, l.s.batch,
                  [&](std::size_t o, std::size_t) { return l.d_bias(o); });
        check_all(dx, l.s.batch, l.s.in, l.s.out,
                  [&](std::size_t b, std::size_t i) { return l.dx(b, i); });
        CHECK(d_weight.guards_hold());
        CHECK(d_bias.guards_hold());

        const auto with_dx = d_weight.values();
        d_weight.set(std::vector<float>(l.weight.size(), test::not_a_number));
        dense_backward(l.s.batch, l.x.data(), weight.view<const float>(), l.dy.data(),
                       d_weight.view<float>(), d_bias.view<float>(), nullptr);
        CHECK(d_weight.values() == with_dx);
    });
}
