#include "cluster/data/libsvm.hpp"

#include <fmt/format.h>

#include <random>

#include "tests/unit/cluster_data_checks.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using namespace slackline::data_checks;

namespace {

using outcome = result<std::shared_ptr<const dataset>>;

outcome read(const scratch_folder& in, const std::string& text, const libsvm_options& options) {
    return read_libsvm(in.put("set", text), options);
}

const libsvm_options from_0{0, false, {}};
const libsvm_options from_1{1, false, {}};
const libsvm_options values{1, true, {}};

libsvm_options like(std::uint64_t features, std::uint32_t classes) {
    return {1, false, data_shape{features, classes, true}};
}

struct wrong_text {
    const char* what;
    std::string text;
    libsvm_options options;
    std::size_t line;
    std::vector<std::string> named;
};

}  // namespace

TEST_CASE("LIBSVM lines become sparse samples", "[cluster][data]") {
    const scratch_folder folder;
    const std::string text =
        "+1 1:0.5 3:-2 \n\n-1 2:1e-3\t7:4 # a comment 9:9\r\n# only a comment\n-1\n1 7:0.25";
    for (const auto& content : {text, gzip(text)}) {
        const auto d = read(folder, content, from_1);
        REQUIRE(d);
        CHECK((*d)->size() == 4);
        CHECK((*d)->shape().sparse);
        CHECK((*d)->shape().features == 7);
        CHECK((*d)->shape().classes == 2);
        const auto b = whole(**d);
        CHECK(b.labels == std::vector<std::int32_t>{1, 0, 0, 1});
        CHECK(b.targets.empty());
        CHECK(b.row_start == std::vector<std::uint32_t>{0, 2, 4, 4, 5});
        CHECK(b.ids == std::vector<std::uint64_t>{0, 2, 1, 6, 6});
        CHECK(b.values == std::vector<float>{0.5f, -2.0f, 1e-3f, 4.0f, 0.25f});
    }
}

TEST_CASE("LIBSVM indices count from where it is stated", "[cluster][data]") {
    const scratch_folder folder;
    const std::string text = "1 1:1 4:1\n0 2:1\n";
    CHECK(whole(**read(folder, text, from_1)).ids == std::vector<std::uint64_t>{0, 3, 1});
    CHECK((*read(folder, text, from_1))->shape().features == 4);
    CHECK(whole(**read(folder, text, from_0)).ids == std::vector<std::uint64_t>{1, 4, 2});
    CHECK((*read(folder, text, from_0))->shape().features == 5);
    CHECK(whole(**read(folder, "1 0:1\n0\n", from_0)).ids == std::vector<std::uint64_t>{0});
}

TEST_CASE("LIBSVM labels are classes or values, as stated", "[cluster][data]") {
    const scratch_folder folder;
    const auto labels = [&](const std::string& text) {
        const auto d = read(folder, text, from_1);
        REQUIRE(d);
        return std::pair(whole(**d).labels, (*d)->shape().classes);
    };
    using expected = std::pair<std::vector<std::int32_t>, std::uint32_t>;
    CHECK(labels("0 1:1\n1 1:1\n") == expected({0, 1}, 2));
    CHECK(labels("-1 1:1\n+1 1:1\n") == expected({0, 1}, 2));
    CHECK(labels("+1 1:1\n") == expected({1}, 2));
    CHECK(labels("0 1:1\n") == expected({0}, 2));
    CHECK(labels("3 1:1\n0 1:1\n5.0 1:1\n") == expected({3, 0, 5}, 6));
    const auto d = read(folder, "-1.5 1:1\n2e3 1:1\n", values);
    REQUIRE(d);
    CHECK((*d)->shape().classes == 0);
    CHECK(whole(**d).targets == std::vector<float>{-1.5f, 2000.0f});
    CHECK(whole(**d).labels.empty());
}

TEST_CASE("a LIBSVM test set takes the training set's shape", "[cluster][data]") {
    const scratch_folder folder;
    const auto d = read(folder, "1 1:1 3:1\n", like(9, 4));
    REQUIRE(d);
    CHECK((*d)->shape().features == 9);
    CHECK((*d)->shape().classes == 4);
    CHECK(read(folder, "3 9:1\n", like(9, 4)));
}

TEST_CASE("random LIBSVM files come back", "[cluster][data]") {
    const std::uint64_t seed = 6;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const scratch_folder folder;
    for (int round = 0; round < 40; ++round) {
        const unsigned base = rng() % 2;
        std::string text;
        batch wrote;
        wrote.row_start.assign(1, 0);
        const auto samples = 1 + rng() % 12;
        for (std::uint64_t s = 0; s < samples; ++s) {
            wrote.labels.push_back(static_cast<std::int32_t>(rng() % 7));
            text += fmt::format("{}", wrote.labels.back());
            for (std::uint64_t id = rng() % 5; id < 60; id += 1 + rng() % 40) {
                const auto value = static_cast<float>(rng() % 4001) / 16.0f - 125.0f;
                wrote.ids.push_back(id * 1'000'003);
                wrote.values.push_back(value);
                text += fmt::format(" {}:{:.4f}", wrote.ids.back() + base, value);
            }
            wrote.row_start.push_back(static_cast<std::uint32_t>(wrote.ids.size()));
            text += s + 1 < samples || rng() % 2 ? "\n" : "";
        }
        CAPTURE(text);
        const auto d = read(folder, round % 2 ? gzip(text) : text, {base, false, {}});
        REQUIRE(d);
        const auto b = whole(**d);
        REQUIRE(b.labels == wrote.labels);
        REQUIRE(b.row_start == wrote.row_start);
        REQUIRE(b.ids == wrote.ids);
        REQUIRE(b.values == wrote.values);
    }
}

TEST_CASE("every beginning of a LIBSVM file is refused or read in full", "[cluster][data]") {
    const scratch_folder folder;
    const std::string text = "+1 1:0.5 3:-2\n-1 2:1e-3 17:4 # x\n+1\n-1 4:1.25 5:+2\n";
    std::size_t refused = 0, valid = 0;
    for (std::size_t n = 0; n < text.size(); ++n) {
        const auto begin = text.substr(0, n);
        CAPTURE(begin);
        const auto d = read(folder, begin, from_1);
        if (d) {
            ++valid;
            const auto b = whole(**d);
            REQUIRE(b.row_start.back() == b.ids.size());
            for (const auto id : b.ids) REQUIRE(id < (*d)->shape().features);
            for (const auto l : b.labels) REQUIRE((l == 0 || l == 1));
        } else {
            ++refused;
            const auto line = std::count(begin.begin(), begin.end(), '\n') + 1;
            check_sentence(
                d.error().sentence,
                {n == 0 ? "there is no sample" : fmt::format("{}:{}: ", folder.path("set"), line)});
        }
    }
    CHECK(refused > 8);
    CHECK(valid > 8);
    const auto packed = gzip(text);
    for (std::size_t n = 1; n < packed.size(); ++n)
        check_refused(read(folder, packed.substr(0, n), from_1), failure_code::malformed,
                      {folder.path("set")});
}

TEST_CASE("random bytes are refused as LIBSVM in one printable line", "[cluster][data]") {
    const std::uint64_t seed = 8;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const scratch_folder folder;
    for (int round = 0; round < 200; ++round) {
        std::string noise(20 + rng() % 200, '\0');
        for (auto& c : noise) c = static_cast<char>(rng());
        check_refused(read(folder, noise, from_1), failure_code::malformed, {"set:"});
    }
}

TEST_CASE("wrong LIBSVM lines are refused with their number", "[cluster][data]") {
    const std::vector<wrong_text> table{
        {"a word as label", "1 1:1\nyes 1:1\n", from_1, 2, {"'yes'"}},
        {"no label", "1:1 2:1\n", from_1, 1, {"label", "'1:1'"}},
        {"label of signs", "+-1 1:1\n", from_1, 1, {"'+-1'"}},
        {"infinite label", "inf 1:1\n", values, 1, {"'inf'"}},
        {"label is no number", "nan 1:1\n", values, 1, {"'nan'"}},
        {"label beyond a float", "1e300 1:1\n", values, 1, {"'1e300'"}},
        {"a fraction as class", "1 1:1\n0.5 1:1\n", from_1, 2, {"0.5", "target_kind"}},
        {"a negative class", "0 1:1\n\n-2 1:1\n", from_1, 3, {"-2", "target_kind"}},
        {"0 beside -1", "-1 1:1\n0 1:1\n", from_1, 2, {"label 0", "-1"}},
        {"2 beside -1", "2 1:1\n-1 1:1\n", from_1, 1, {"label 2", "-1"}},
        {"3 beside -1", "-1 1:1\n3 1:1\n", from_1, 2, {"label 3", "-1"}},
        {"too many classes", "0 1:1\n1000001 1:1\n", from_1, 2, {"1000001"}},
        {"no colon", "1 1:1 7\n", from_1, 1, {"'7'", "INDEX:VALUE"}},
        {"no value", "1 1:\n", from_1, 1, {"'1:'"}},
        {"no index", "1 :1\n", from_1, 1, {"':1'"}},
        {"a word as index", "1 one:1\n", from_1, 1, {"'one:1'"}},
        {"a query id", "1 qid:3 1:1\n", from_1, 1, {"'qid:3'"}},
        {"a word as value", "1 1:one\n", from_1, 1, {"'1:one'"}},
        {"a value that is none", "1 1:nan\n", from_1, 1, {"'1:nan'"}},
        {"an infinite value", "1 1:-inf\n", from_1, 1, {"'1:-inf'"}},
        {"a value beyond a float", "1 1:1e39\n", from_1, 1, {"'1:1e39'"}},
        {"two numbers as value", "1 1:1:2\n", from_1, 1, {"'1:1:2'"}},
        {"hexadecimal", "1 1:0x10\n", from_1, 1, {"'1:0x10'"}},
        {"a decimal comma", "1 1:0,5\n", from_1, 1, {"'1:0,5'"}},
        {"a negative index", "1 -1:1\n", from_0, 1, {"'-1:1'"}},
        {"a fraction as index", "1 1.5:1\n", from_1, 1, {"'1.5:1'"}},
        {"an index beyond 64 bits", "1 99999999999999999999:1\n", from_1, 1, {"'99999"}},
        {"the largest index", "1 18446744073709551615:1\n", from_0, 1, {"18446744073709551615"}},
        {"index 0 counted from 1", "1 1:1\n1 0:1 2:1\n", from_1, 2, {"index 0", "index_base"}},
        {"falling indices", "1 1:1 3:1 2:1\n", from_1, 1, {"index 2", "3", "rise"}},
        {"an index twice", "1 1:1 3:1 3:1\n", from_1, 1, {"index 3", "rise"}},
        {"an index beyond the training set", "1 4:1\n1 5:1\n", like(4, 2), 2, {"index 5", "4"}},
        {"a class beyond the training set", "1 1:1\n2 1:1\n", like(4, 2), 2, {"class 2", "2"}},
        {"empty", "", from_1, 0, {"no sample"}},
        {"comments only", "# one\n# two\n", from_1, 2, {"no sample"}},
        {"csv", "1,2,3\n", from_1, 1, {"'1,2,3'"}},
        {"a long word", std::string(500, 'x'), from_1, 1, {"xxx...'"}},
    };
    const scratch_folder folder;
    for (const auto& w : table) {
        INFO(w.what);
        auto named = w.named;
        named.push_back(fmt::format("{}:{}: ", folder.path("set"), w.line));
        check_refused(read(folder, w.text, w.options), failure_code::malformed, named);
    }
}

TEST_CASE("what a LIBSVM file holds changes its checksum", "[cluster][data]") {
    const scratch_folder folder;
    const auto checksum = [&](const std::string& text) {
        return (*read(folder, text, from_1))->checksum();
    };
    const auto before = checksum("1 1:1 2:1\n0 3:1\n");
    CHECK(checksum("1  1:1.0 2:1 # same\n0 3:1") == before);
    CHECK(checksum("0 1:1 2:1\n0 3:1\n") != before);
    CHECK(checksum("1 1:1 3:1\n0 3:1\n") != before);
    CHECK(checksum("1 1:1 2:2\n0 3:1\n") != before);
    CHECK(checksum("1 1:1\n0 2:1 3:1\n") != before);
}

TEST_CASE("a LIBSVM file that is missing or a folder is named", "[cluster][data]") {
    const scratch_folder folder;
    check_refused(read_libsvm(folder.path("absent"), from_1), failure_code::not_found,
                  {folder.path("absent")});
    check_refused(read_libsvm(folder.path(""), from_1), failure_code::usage, {folder.path("")});
}
