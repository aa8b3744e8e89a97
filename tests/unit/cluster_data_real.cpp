// The public data sets against what is publicly known of them: MNIST (LeCun, Cortes, Burges) and
// a9a (UCI Adult as LIBSVM's site offers it).
#include <array>
#include <cmath>
#include <cstdlib>

#include "cluster/data/load.hpp"
#include "tests/unit/cluster_data_checks.hpp"

using namespace slackline;
using namespace slackline::data_checks;

namespace {

// The folder, or nothing where no test reads real data.
std::string data_folder() {
    const char* folder = std::getenv("SLACKLINE_DATA");
    if (!folder) WARN("skipped: SLACKLINE_DATA names no folder with mnist/ and a9a/");
    return folder ? folder : "";
}

std::array<int, 10> label_counts(const batch& b) {
    std::array<int, 10> count{};
    for (const auto l : b.labels) ++count.at(static_cast<std::size_t>(l));
    return count;
}

}  // namespace

TEST_CASE("MNIST is as it is known", "[cluster][data][real]") {
    const auto folder = data_folder();
    if (folder.empty()) return;
    job j;
    j.data.format = "idx";
    j.data.path = folder + "/mnist";
    const auto d = load_data(j);
    REQUIRE(d);
    CHECK(d->train->shape().features == 784);
    CHECK(d->train->shape().classes == 10);
    CHECK(d->train->size() == 60'000);
    CHECK(d->test->size() == 10'000);
    const auto train = whole(*d->train);
    CHECK(label_counts(train) ==
          std::array{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
    CHECK(label_counts(whole(*d->test)) ==
          std::array{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
    CHECK(std::vector<std::int32_t>(train.labels.begin(), train.labels.begin() + 5) ==
          std::vector<std::int32_t>{5, 0, 4, 1, 9});
    double sum = 0, squares = 0;
    for (const double x : train.x) {
        sum += x;
        squares += x * x;
    }
    const auto n = static_cast<double>(train.x.size());
    CHECK(sum / n == Approx(0.1307).margin(5e-5));
    CHECK(std::sqrt(squares / n - sum / n * (sum / n)) == Approx(0.3081).margin(5e-5));
}

TEST_CASE("a9a is as it is known", "[cluster][data][real]") {
    const auto folder = data_folder();
    if (folder.empty()) return;
    job j;
    j.data.format = "libsvm";
    j.data.train = folder + "/a9a/a9a";
    j.data.test = folder + "/a9a/a9a.t";
    const auto d = load_data(j);
    REQUIRE(d);
    CHECK(d->train->shape().features == 123);
    CHECK(d->train->shape().classes == 2);
    CHECK(d->test->shape().features == 123);
    const auto train = whole(*d->train);
    const auto test = whole(*d->test);
    CHECK(train.size == 32'561);
    CHECK(std::accumulate(train.labels.begin(), train.labels.end(), 0) == 7'841);
    CHECK(test.size == 16'281);
    CHECK(std::accumulate(test.labels.begin(), test.labels.end(), 0) == 3'846);
    for (const float v : train.values) REQUIRE(v == 1.0f);
    j.data.index_base = 0;  // stated wrongly, it is taken at its word
    CHECK((*load_test(j, {124, 2, true}))->shape().features == 124);
    CHECK(load_data(j)->train->shape().features == 124);
}
