#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include "cluster/data/drawn_digits.hpp"
#include "cluster/data/load.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::size_t pixels_an_image = 28 * 28;

const image_dataset& images_of(const std::shared_ptr<const dataset>& d) {
    const auto* images = dynamic_cast<const image_dataset*>(d.get());
    REQUIRE(images);
    return *images;
}

std::string image(const image_dataset& d, std::size_t sample) {
    const auto part = d.pixels().subspan(sample * pixels_an_image, pixels_an_image);
    return {part.begin(), part.end()};
}

std::set<std::string> all_images(const std::shared_ptr<const dataset>& d) {
    std::set<std::string> all;
    for (std::size_t s = 0; s < d->size(); ++s) all.insert(image(images_of(d), s));
    return all;
}

batch whole(const dataset& d) {
    std::vector<std::uint64_t> samples(d.size());
    std::iota(samples.begin(), samples.end(), 0u);
    batch b;
    d.fill(samples, b);
    return b;
}

using mean_image = std::array<double, pixels_an_image>;

std::vector<mean_image> means_by_class(const batch& b) {
    std::vector<mean_image> means(10, mean_image{});
    std::vector<double> count(10, 0);
    for (std::size_t s = 0; s < b.size; ++s) ++count[static_cast<std::size_t>(b.labels[s])];
    for (std::size_t s = 0; s < b.size; ++s) {
        const auto label = static_cast<std::size_t>(b.labels[s]);
        for (std::size_t f = 0; f < pixels_an_image; ++f)
            means[label][f] += b.x[s * pixels_an_image + f] / count[label];
    }
    return means;
}

std::size_t nearest_mean(const std::vector<mean_image>& means, const float* x) {
    std::vector<double> distance(10, 0);
    for (std::size_t c = 0; c < 10; ++c)
        for (std::size_t f = 0; f < pixels_an_image; ++f)
            distance[c] += (means[c][f] - x[f]) * (means[c][f] - x[f]);
    return static_cast<std::size_t>(std::min_element(distance.begin(), distance.end()) -
                                    distance.begin());
}

}  // namespace

TEST_CASE("drawn digits are grey images of 28 by 28 in ten classes", "[cluster][data]") {
    const auto digits = draw_digits(1, 0, 40);
    CHECK(digits->size() == 40);
    CHECK(digits->shape().features == pixels_an_image);
    CHECK(digits->shape().classes == 10);
    CHECK_FALSE(digits->shape().sparse);
    const auto b = whole(*digits);
    REQUIRE(b.x.size() == 40 * pixels_an_image);
    REQUIRE(b.labels.size() == 40);
    CHECK(b.targets.empty());
    for (std::size_t i = 0; i < b.x.size(); ++i)
        REQUIRE(b.x[i] == static_cast<float>(images_of(digits).pixels()[i]) * (1.0f / 255.0f));
}

TEST_CASE("drawn digits have as many of each class", "[cluster][data]") {
    for (const std::uint64_t first : {0u, 7u, 20'000u}) {
        std::array<int, 10> count{};
        const auto digits = draw_digits(3, first, 250);
        for (const auto label : images_of(digits).labels()) ++count.at(label);
        for (const auto n : count) CHECK(n == 25);
        CHECK(images_of(digits).labels()[0] == first % 10);
    }
}

TEST_CASE("a drawn digit is a function of the seed and its number alone", "[cluster][data]") {
    const auto all = draw_digits(7, 0, 60);
    CHECK(draw_digits(7, 0, 60)->checksum() == all->checksum());
    const auto part = draw_digits(7, 25, 30);
    for (std::size_t s = 0; s < 30; ++s)
        REQUIRE(image(images_of(part), s) == image(images_of(all), 25 + s));
}

TEST_CASE("seeds draw different digits", "[cluster][data]") {
    std::set<std::string> seen;
    std::set<std::uint32_t> checksums;
    for (const std::uint64_t seed : {0ull, 1ull, 2ull, 1ull << 40, ~0ull}) {
        const auto digits = draw_digits(seed, 0, 50);
        checksums.insert(digits->checksum());
        seen.merge(all_images(digits));
    }
    CHECK(checksums.size() == 5);
    CHECK(seen.size() == 250);  // no image twice, within a seed or between seeds
}

TEST_CASE("no drawn digit of the test set is in the training set", "[cluster][data]") {
    job j;
    j.seed = 5;
    j.data.format = "drawn-digits";
    j.data.train_samples = 2'000;
    j.data.test_samples = 500;
    j.data.validation = 0.25;
    const auto loaded = load_data(j);
    REQUIRE(loaded);
    CHECK(loaded->train->size() == 1'500);
    CHECK(loaded->validation->size() == 500);
    CHECK(loaded->test->size() == 500);
    auto seen = all_images(draw_digits(5, 0, 2'000));
    CHECK(seen.size() == 2'000);
    seen.merge(all_images(loaded->test));
    CHECK(seen.size() == 2'500);
}

TEST_CASE("drawn digits look like their class, and not so alike that it is all",
          "[cluster][data]") {
    const auto means = means_by_class(whole(*draw_digits(1, 0, 2'000)));
    const auto test = whole(*draw_digits(1, 2'000, 500));
    std::size_t right = 0;
    for (std::size_t s = 0; s < test.size; ++s)
        right += nearest_mean(means, &test.x[s * pixels_an_image]) ==
                 static_cast<std::size_t>(test.labels[s]);
    CAPTURE(right);
    // The nearest mean image names 82 % of MNIST's test set; a tenth would be chance.
    CHECK(right > 300);
    CHECK(right < 475);
}
