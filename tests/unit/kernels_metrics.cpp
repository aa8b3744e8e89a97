// Metrics: AUC against counted pairs, accuracy and mean squared error by hand, and scores that are
// no numbers.
#include <cmath>
#include <limits>
#include <random>

#include "kernels/metrics.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

using scored = std::vector<std::pair<float, bool>>;

// The share of (positive, negative) pairs in which the positive scores higher, ties half.
double share_of_pairs(const scored& all) {
    double right = 0;
    double pairs = 0;
    for (const auto& p : all)
        for (const auto& n : all) {
            if (!p.second || n.second) continue;
            pairs += 1;
            right += p.first > n.first ? 1 : p.first == n.first ? 0.5 : 0;
        }
    return pairs == 0 ? 0.5 : right / pairs;
}

double value_of(const evaluation& e, const std::string& name) {
    for (const auto& [n, value] : e.metrics())
        if (n == name) return value;
    FAIL("there is no metric " << name);
    return 0;
}

}  // namespace

TEST_CASE("the area under the ROC curve is the share of pairs in the right order", "[metrics]") {
    std::mt19937 r(7);
    for (int round = 0; round < 200; ++round) {
        scored all;
        for (unsigned k = 0; k < 1 + r() % 60; ++k)
            all.emplace_back(static_cast<float>(r() % 12) - 6, r() % 3 == 0);
        CHECK(area_under_roc(all) == Approx(share_of_pairs(all)));
    }
    CHECK(area_under_roc(scored{}) == 0.5);
}

TEST_CASE("a score that is no number ranks below every number", "[metrics]") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float least = std::numeric_limits<float>::lowest();
    CHECK(area_under_roc(scored{{nan, true}, {least, false}}) == 0);
    CHECK(area_under_roc(scored{{nan, false}, {least, true}}) == 1);
    CHECK(area_under_roc(scored{{nan, false}, {nan, true}}) == 0.5);
    scored many;
    for (int k = 0; k < 500; ++k) many.emplace_back(k % 3 == 0 ? nan : float(k % 7), k % 2 == 0);
    const double area = area_under_roc(many);
    CHECK((area > 0 && area < 1));
}

TEST_CASE("an evaluation sums what its task counts, over batches of any size", "[metrics]") {
    evaluation classes(task::classification, 3);
    batch b;
    b.size = 2;
    b.labels = {2, 0};
    classes.add(std::vector<float>{0, 1, 2, 0, 1, 2}, b, 1.0);
    b.size = 1;
    b.labels = {1};
    classes.add(std::vector<float>{0, 3, 2}, b, 4.0);
    CHECK(value_of(classes, "accuracy") == Approx(2.0 / 3));
    CHECK(value_of(classes, "loss") == Approx(2.0));

    evaluation binary(task::binary, 1);
    b.size = 4;
    b.labels = {1, 0, 1, 0};
    binary.add(std::vector<float>{2, 1, -1, -2}, b, 0.5);
    CHECK(value_of(binary, "accuracy") == Approx(0.5));
    CHECK(value_of(binary, "auc") == Approx(0.75));

    evaluation values(task::regression, 1);
    b.size = 2;
    b.labels.clear();
    b.targets = {1, 5};
    values.add(std::vector<float>{2, 3}, b, 2.5);
    CHECK(value_of(values, "mse") == Approx(2.5));
}
