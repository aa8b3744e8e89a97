// The sparse linear model's gradients against finite differences of a forward pass by feature id,
// in double: ids shared between samples, repeated inside one, and samples without any.
#include <cmath>
#include <map>

#include "kernels/model.hpp"
#include "tests/catch.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;
using test::numbers;

namespace {

constexpr std::uint64_t last_id = ~0ull;

std::unique_ptr<model> made(bool logistic, double l2) {
    model_options options;
    options.set("l2", l2);
    return builtin_models().at(1).make(options, {0, logistic ? 2u : 0u, true});
}

/// Samples of 0 to 5 pairs from six ids.
batch drawn_batch(bool logistic, std::size_t size, numbers& draw) {
    const std::uint64_t ids[] = {0, 1, 17, 1000003, 1ull << 40, last_id};
    batch b;
    b.size = size;
    b.row_start.push_back(0);
    for (std::size_t s = 0; s < size; ++s) {
        for (std::size_t k = s % 6; k > 0; --k) {
            b.ids.push_back(ids[draw.below(6)]);
            b.values.push_back(draw.between(-2, 2));
        }
        b.row_start.push_back(static_cast<std::uint32_t>(b.ids.size()));
        if (logistic)
            b.labels.push_back(static_cast<std::int32_t>(draw.below(2)));
        else
            b.targets.push_back(draw.between(-2, 2));
    }
    return b;
}

struct weights_by_id {
    std::map<std::uint64_t, double> of;
    double bias = 0;

    double output(const batch& b, std::size_t s) const {
        double sum = bias;
        for (std::size_t k = b.row_start[s]; k < b.row_start[s + 1]; ++k)
            sum += of.at(b.ids[k]) * b.values[k];
        return sum;
    }
    double mean_loss(const batch& b) const {
        double sum = 0;
        for (std::size_t s = 0; s < b.size; ++s) {
            const double y = output(b, s);
            sum += b.targets.empty() ? std::log(1 + std::exp(b.labels[s] == 1 ? -y : y))
                                     : std::pow(y - b.targets[s], 2);
        }
        return sum / static_cast<double>(b.size);
    }
    /// The mean loss and l2 / 2 of the squares of the touched weights.
    double objective(const batch& b, double l2) const {
        double squares = 0;
        for (const auto& [id, w] : of) squares += w * w;
        return mean_loss(b) + l2 / 2 * squares;
    }
    double slope(double& weight, const batch& b, double l2) const {
        const double kept = weight;
        const double step = 1e-5;
        weight = kept + step;
        const double above = objective(b, l2);
        weight = kept - step;
        const double below = objective(b, l2);
        weight = kept;
        return (above - below) / (2 * step);
    }
};

/// Rows of a table, far from each other and out of order, and the bias.
struct held {
    std::vector<float> rows, slopes;
    float bias, d_bias = test::not_a_number;
    std::size_t count;

    held(std::size_t rows_, numbers& draw)
        : rows(draw.many(3 * rows_)),
          slopes(3 * rows_, test::not_a_number),
          bias(draw.between(-1, 1)),
          count(rows_) {}
    std::size_t place(std::size_t r) const { return 3 * (count - 1 - r) + 1; }
    parameters read() {
        parameters p{{{1, 1, {{0, 1, &bias}}}}, {{1, {}}}};
        for (std::size_t r = 0; r < count; ++r) p.tables[0].rows.push_back(&rows[place(r)]);
        return p;
    }
    gradients written() {
        gradients g{{{1, 1, {{0, 1, &d_bias}}}}, {{1, {}}}};
        for (std::size_t r = 0; r < count; ++r) g.tables[0].rows.push_back(&slopes[place(r)]);
        return g;
    }
};

/// Sums of up to `size` terms below 30, by one rounding each.
double tolerance(std::size_t size, double slope) {
    return (16 + static_cast<double>(size)) * test::rounding * (4 + std::fabs(slope));
}

void check_batch(bool logistic, double l2, std::size_t size) {
    INFO((logistic ? "logistic" : "mse") << ", l2 " << l2 << ", batch " << size);
    numbers draw(51 + size);
    batch b = drawn_batch(logistic, size, draw);
    const auto m = made(logistic, l2);
    row_requests requests;
    m->prepare(b, requests);
    REQUIRE(requests.size() == 1);
    held h(requests[0].size(), draw);
    weights_by_id w;
    w.bias = h.bias;
    for (std::size_t r = 0; r < h.count; ++r) w.of[requests[0][r]] = h.rows[h.place(r)];

    std::vector<float> out(size, test::not_a_number);
    m->predict(h.read(), b, out);
    for (std::size_t s = 0; s < size; ++s)
        CHECK(std::fabs(out[s] - w.output(b, s)) <= tolerance(0, w.output(b, s)));

    const double loss = m->gradient(h.read(), b, h.written());
    CHECK(std::fabs(loss - w.mean_loss(b)) <= tolerance(size, loss));
    CHECK(m->loss(out, b) == loss);
    CHECK(std::fabs(h.d_bias - w.slope(w.bias, b, 0)) <= tolerance(size, h.d_bias));
    for (std::size_t r = 0; r < h.count; ++r) {
        const double slope = w.slope(w.of.at(requests[0][r]), b, static_cast<float>(l2));
        CHECK(std::fabs(h.slopes[h.place(r)] - slope) <= tolerance(size, slope));
    }
    for (std::size_t i = 0; i < h.slopes.size(); ++i)
        if (i % 3 != 1) CHECK(std::isnan(h.slopes[i]));  // between the rows
}

}  // namespace

TEST_CASE("the linear model's gradients are its slopes", "[kernels]") {
    for (const bool logistic : {true, false})
        for (const double l2 : {0.0, 0.1})
            for (const std::size_t size : {1u, 2u, 3u, 17u, 64u}) check_batch(logistic, l2, size);
}

TEST_CASE("the linear model asks for each row once, in order of first use", "[kernels]") {
    batch b;
    b.size = 3;
    b.ids = {9, last_id, 9, 0, last_id, 4};
    b.values = {1, 2, 3, 4, 5, 6};
    b.row_start = {0, 3, 3, 6};
    row_requests requests{{1, 2}, {3}};  // of an earlier batch
    b.places = {{7, 7}};
    made(true, 0)->prepare(b, requests);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0] == std::vector<std::uint64_t>{9, last_id, 0, 4});
    REQUIRE(b.places.size() == 1);
    CHECK(b.places[0] == std::vector<std::uint32_t>{0, 1, 0, 2, 1, 3});
}
