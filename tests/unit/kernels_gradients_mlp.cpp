// The MLP's gradients against finite differences of a forward pass written anew, in double; every
// activation and loss, with parameters and gradients cut at odd places.
#include <cmath>

#include "kernels/model.hpp"
#include "tests/catch.hpp"
#include "tests/unit/kernels_cut.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;
using test::cut_tensor;
using test::numbers;

namespace {

struct network {
    std::string activation, loss;
    std::vector<std::size_t> widths;  ///< features, hidden ..., outputs

    std::uint32_t classes() const {
        if (loss == "mse") return 0;
        return loss == "logistic" ? 2 : static_cast<std::uint32_t>(widths.back());
    }
    std::unique_ptr<model> made() const {
        model_options options;
        options.set("hidden", std::vector<std::int64_t>(widths.begin() + 1, widths.end() - 1));
        options.set("activation", activation);
        options.set("loss", loss);
        return builtin_models().at(0).make(options, {widths.front(), classes(), false});
    }
};

double activated(const std::string& kind, double z) {
    if (kind == "relu") return z > 0 ? z : 0;
    if (kind == "tanh") return std::tanh(z);
    if (kind == "sigmoid") return 1 / (1 + std::exp(-z));
    if (kind == "gelu")
        return z / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (z + 0.044715 * z * z * z)));
    return z;
}

using tensors = std::vector<std::vector<double>>;  ///< weight, bias, weight, bias ...

/// Outputs of one sample; `kink` receives the least |z| of a hidden unit.
std::vector<double> outputs_of(const network& n, const tensors& p, const float* x, double& kink) {
    std::vector<double> y(x, x + n.widths[0]);
    for (std::size_t l = 0; l + 1 < n.widths.size(); ++l) {
        std::vector<double> z = p[2 * l + 1];
        for (std::size_t o = 0; o < z.size(); ++o) {
            for (std::size_t i = 0; i < y.size(); ++i) z[o] += p[2 * l][i * z.size() + o] * y[i];
            if (l + 2 == n.widths.size()) continue;
            kink = std::min(kink, std::fabs(z[o]));
            z[o] = activated(n.activation, z[o]);
        }
        y = z;
    }
    return y;
}

double sample_loss(const network& n, const std::vector<double>& y, const batch& b, std::size_t s) {
    if (n.loss == "mse") return std::pow(y[0] - b.targets[s], 2);
    if (n.loss == "logistic") return std::log(1 + std::exp(b.labels[s] == 1 ? -y[0] : y[0]));
    double sum = 0;
    for (const double score : y) sum += std::exp(score);
    return -std::log(std::exp(y[static_cast<std::size_t>(b.labels[s])]) / sum);
}

double mean_loss(const network& n, const tensors& p, const batch& b, double& kink) {
    double sum = 0;
    for (std::size_t s = 0; s < b.size; ++s)
        sum += sample_loss(n, outputs_of(n, p, &b.x[s * n.widths[0]], kink), b, s);
    return sum / static_cast<double>(b.size);
}

batch drawn_batch(const network& n, std::size_t size, numbers& draw) {
    batch b;
    b.size = size;
    b.features = n.widths[0];
    b.x = draw.many(size * b.features);
    for (std::size_t s = 0; s < size; ++s)
        if (n.classes() == 0)
            b.targets.push_back(draw.between(-2, 2));
        else
            b.labels.push_back(static_cast<std::int32_t>(draw.below(n.classes())));
    return b;
}

/// Parameters and gradients, each cut in a way of its own, and their values in double.
struct held {
    std::vector<cut_tensor> weights, slopes;
    tensors values;

    held(const network& n, std::size_t way, numbers& draw) {
        for (const tensor_spec& spec : n.made()->layout().tensors) {
            const auto ways = test::ways_to_cut(spec.rows());
            weights.emplace_back(spec.rows(), spec.width(), ways[way % ways.size()]);
            slopes.emplace_back(spec.rows(), spec.width(), ways[(2 * way) % ways.size()]);
            const auto drawn = draw.many(spec.size());
            weights.back().set(drawn);
            slopes.back().set(std::vector<float>(spec.size(), test::not_a_number));
            values.emplace_back(drawn.begin(), drawn.end());
        }
    }
    parameters read() {
        parameters p;
        for (auto& t : weights) p.tensors.push_back(t.view<const float>());
        return p;
    }
    gradients written() {
        gradients g;
        for (auto& t : slopes) g.tensors.push_back(t.view<float>());
        return g;
    }
};

/// Sums of up to 20 terms below 4, through three layers and back: 64 roundings of numbers of 1 and
/// of the slope's own size; the differences themselves are good to 1e-9.
double tolerance(double slope) {
    return 64 * test::rounding * (1 + std::fabs(slope));
}

void check_network(const network& n, std::size_t way, std::size_t size) {
    INFO(n.activation << ", " << n.loss << ", cut " << way << ", batch " << size);
    numbers draw(41 + way);
    held h(n, way, draw);
    const batch b = drawn_batch(n, size, draw);
    double kink = 1;
    const double loss = mean_loss(n, h.values, b, kink);
    const double found_loss = n.made()->gradient(h.read(), b, h.written());
    CHECK(std::fabs(found_loss - loss) <= tolerance(loss));

    const double step = 1e-5;
    double excess = 0;
    for (std::size_t t = 0; t < h.values.size(); ++t) {
        const auto found = h.slopes[t].values();
        for (std::size_t i = 0; i < found.size(); ++i) {
            const double kept = h.values[t][i];
            h.values[t][i] = kept + step;
            const double above = mean_loss(n, h.values, b, kink);
            h.values[t][i] = kept - step;
            const double below = mean_loss(n, h.values, b, kink);
            h.values[t][i] = kept;
            const double slope = (above - below) / (2 * step);
            const double over = std::fabs(found[i] - slope) / tolerance(slope);
            excess = over <= excess ? excess : over;  // not a number stays
        }
        CHECK(h.slopes[t].guards_hold());
        CHECK(h.weights[t].guards_hold());
    }
    CHECK(excess <= 1);
    if (n.activation == "relu") REQUIRE(kink > 2 * step);  // else the difference spans a kink
}

}  // namespace

TEST_CASE("an mlp's gradients are its slopes, for every activation, loss and cut", "[kernels]") {
    for (const char* activation : {"relu", "tanh", "sigmoid", "gelu", "identity"})
        for (const char* loss : {"softmax", "mse", "logistic"})
            for (std::size_t way = 0; way < 5; ++way)
                check_network({activation, loss, {5, 7, 3, loss[0] == 's' ? 4u : 1u}}, way, 6);
}

TEST_CASE("an mlp without hidden layers, or with one sample, has right gradients", "[kernels]") {
    for (const char* loss : {"softmax", "mse", "logistic"}) {
        const std::size_t outputs = loss[0] == 's' ? 3 : 1;
        check_network({"relu", loss, {9, outputs}}, 3, 7);
        check_network({"gelu", loss, {1, 1, outputs}}, 1, 1);
        check_network({"tanh", loss, {3, 17, outputs}}, 4, 1);
    }
}

TEST_CASE("an mlp's gradient is a function of parameters and batch alone", "[kernels]") {
    for (const char* activation : {"relu", "gelu"}) {
        const network n{activation, "softmax", {5, 7, 3, 4}};
        numbers draw(43);
        held h(n, 3, draw);
        const batch large = drawn_batch(n, 6, draw);
        const batch small = drawn_batch(n, 2, draw);
        const auto m = n.made();
        const auto slopes = [&](const batch& b) {
            m->gradient(h.read(), b, h.written());
            std::vector<std::vector<float>> all;
            for (const auto& t : h.slopes) all.push_back(t.values());
            return all;
        };
        const auto first = slopes(large);
        CHECK_FALSE(slopes(small) == first);
        CHECK(slopes(large) == first);
    }
}
