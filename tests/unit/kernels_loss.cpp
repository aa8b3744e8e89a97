// Losses against their definitions in double, their gradients against differences of those, and
// the limits at the largest floats.
#include "kernels/loss.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;
using test::numbers;

namespace {

using labels_type = std::vector<std::int32_t>;

/// -log of the label's share; plainly, for scores that exp can bear.
double softmax_of(const std::vector<double>& scores, const labels_type& labels,
                  std::size_t classes) {
    double mean = 0;
    for (std::size_t b = 0; b < labels.size(); ++b) {
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) sum += std::exp(scores[b * classes + c]);
        const double mine = scores[b * classes + static_cast<std::size_t>(labels[b])];
        mean -= std::log(std::exp(mine) / sum) / static_cast<double>(labels.size());
    }
    return mean;
}

double mse_of(const std::vector<double>& y, const std::vector<float>& targets) {
    double mean = 0;
    for (std::size_t b = 0; b < y.size(); ++b)
        mean += std::pow(y[b] - targets[b], 2) / static_cast<double>(y.size());
    return mean;
}

double logistic_of(const std::vector<double>& logits, const labels_type& labels) {
    double mean = 0;
    for (std::size_t b = 0; b < logits.size(); ++b) {
        const double chance = 1 / (1 + std::exp(-logits[b]));
        mean -= std::log(labels[b] == 1 ? chance : 1 - chance) / static_cast<double>(logits.size());
    }
    return mean;
}

labels_type drawn_labels(std::size_t n, std::size_t classes, numbers& draw) {
    labels_type labels(n);
    for (auto& label : labels) label = static_cast<std::int32_t>(draw.below(classes));
    return labels;
}

/// `product(d)` writes a gradient and returns the loss at `at`; `definition` is the loss in double.
/// Numbers stay below 16 and a handful of roundings separate input and result.
template <class Product, class Definition>
void check(const std::vector<float>& at, Product product, Definition definition) {
    std::vector<float> d(at.size(), test::not_a_number);
    const double loss = product(std::span<float>(d));
    std::vector<double> x(at.begin(), at.end());
    CHECK(std::fabs(loss - definition(x)) <= 8 * test::rounding * (1 + std::fabs(loss)));
    CHECK(product(std::span<float>{}) == loss);
    const double step = 1e-5;
    for (std::size_t i = 0; i < at.size(); ++i) {
        x[i] = at[i] + step;
        const double above = definition(x);
        x[i] = at[i] - step;
        const double below = definition(x);
        x[i] = at[i];
        const double slope = (above - below) / (2 * step);
        CHECK(std::fabs(d[i] - slope) <= 16 * test::rounding * (1 + std::fabs(slope)));
    }
}

}  // namespace

TEST_CASE("softmax with cross-entropy is its definition, and its gradient the slope", "[kernels]") {
    numbers draw(61);
    for (const std::size_t batch : {1u, 3u, 17u})
        for (const std::size_t classes : {1u, 2u, 3u, 17u}) {
            INFO("batch " << batch << ", classes " << classes);
            const auto labels = drawn_labels(batch, classes, draw);
            const auto scores = draw.many(batch * classes, -8, 8);
            check(
                scores, [&](auto d) { return softmax_loss(scores, labels, classes, d); },
                [&](const auto& x) { return softmax_of(x, labels, classes); });
        }
}

TEST_CASE("the mean squared error is its definition, and its gradient the slope", "[kernels]") {
    numbers draw(62);
    for (const std::size_t batch : {1u, 3u, 17u, 64u}) {
        INFO("batch " << batch);
        const auto outputs = draw.many(batch, -4, 4);
        const auto targets = draw.many(batch, -4, 4);
        check(
            outputs, [&](auto d) { return mse_loss(outputs, targets, d); },
            [&](const auto& x) { return mse_of(x, targets); });
    }
}

TEST_CASE("the logistic loss is its definition, and its gradient the slope", "[kernels]") {
    numbers draw(63);
    for (const std::size_t batch : {1u, 3u, 17u, 64u}) {
        INFO("batch " << batch);
        const auto labels = drawn_labels(batch, 2, draw);
        const auto logits = draw.many(batch, -8, 8);
        check(
            logits, [&](auto d) { return logistic_loss(logits, labels, d); },
            [&](const auto& x) { return logistic_of(x, labels); });
    }
}

// Far from the origin the losses are straight lines: what the right answer lacks.
TEST_CASE("softmax is right at the largest floats", "[kernels]") {
    for (const float far : {1000.0f, 1e20f, 3e38f}) {
        INFO("scores of " << far);
        const std::vector<float> scores = {far, -far, 0, -far, far, 0};
        std::vector<float> d(6, test::not_a_number);
        const double lacked = 2.0 * far;  // the second sample's answer is the least of three
        CHECK(softmax_loss(scores, labels_type{0, 0}, 3, d) == Approx(lacked / 2).epsilon(1e-12));
        CHECK(d == std::vector<float>{0, 0, 0, -0.5f, 0.5f, 0});
    }
}

TEST_CASE("the logistic loss is right at the largest floats", "[kernels]") {
    for (const float far : {1000.0f, 1e20f, 3e38f}) {
        INFO("logits of " << far);
        const std::vector<float> logits = {far, -far, far, -far};
        std::vector<float> d(4, test::not_a_number);
        const labels_type labels = {1, 0, 0, 1};  // two right, two wrong
        CHECK(logistic_loss(logits, labels, d) == Approx(2.0 * far / 4).epsilon(1e-12));
        CHECK(d == std::vector<float>{0, 0, 0.25f, -0.25f});
    }
}

TEST_CASE("the logistic loss of a sure answer keeps its smallness", "[kernels]") {
    std::vector<float> d(1);
    // log(1 + e^-40) and its slope are e^-40 (1 - e^-40 / 2 ...): 1 + e^-40 is 1 in a double.
    const double e = std::exp(-40.0);
    CHECK(logistic_loss(std::vector<float>{40}, labels_type{1}, d) == Approx(e).epsilon(1e-12));
    CHECK(d[0] == Approx(-e).epsilon(1e-6));
}

TEST_CASE("losses are known by name, and others refused with the known ones", "[kernels]") {
    CHECK(loss_from("softmax") == loss_kind::softmax);
    CHECK(loss_from("mse") == loss_kind::mse);
    CHECK(loss_from("logistic") == loss_kind::logistic);
    try {
        loss_from("hinge");
        FAIL("taken");
    } catch (const std::invalid_argument& refused) {
        const std::string sentence = refused.what();
        for (const char* word : {"'hinge'", "softmax", "mse", "logistic"})
            CHECK(sentence.find(word) != std::string::npos);
    }
}
