#include "cluster/data/csv.hpp"

#include <fmt/format.h>

#include <random>

#include "tests/unit/cluster_data_checks.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using namespace slackline::data_checks;

namespace {

using outcome = result<std::shared_ptr<const dataset>>;

outcome read(const scratch_folder& in, const std::string& text, const csv_options& options) {
    return read_csv(in.put("set.csv", text), options);
}

csv_options classes(std::string target = "y") {
    return {true, ',', std::move(target), false, {}};
}

csv_options values(std::string target = "y") {
    return {true, ',', std::move(target), true, {}};
}

csv_options bare(std::string target) {
    return {false, ',', std::move(target), true, {}};
}

csv_options with(csv_options o, data_shape like) {
    o.like = like;
    return o;
}

csv_options with(csv_options o, char delimiter) {
    o.delimiter = delimiter;
    return o;
}

struct wrong_text {
    const char* what;
    std::string text;
    csv_options options;
    std::size_t line;
    std::size_t column;  ///< from 1 on, as in the message
    std::vector<std::string> named;
};

}  // namespace

TEST_CASE("CSV rows become dense samples", "[cluster][data]") {
    const scratch_folder folder;
    const std::string text = "a,y,\"b\"\r\n1,0,2.5\r\n\n -3 , 1 ,+4e-1\n\"5\",\"3\",\"6\"";
    for (const auto& content : {text, gzip(text)}) {
        const auto d = read(folder, content, classes());
        REQUIRE(d);
        CHECK((*d)->size() == 3);
        CHECK((*d)->shape().features == 2);
        CHECK((*d)->shape().classes == 4);
        CHECK_FALSE((*d)->shape().sparse);
        const auto b = whole(**d);
        CHECK(b.x == std::vector<float>{1, 2.5f, -3, 0.4f, 5, 6});
        CHECK(b.labels == std::vector<std::int32_t>{0, 1, 3});
        CHECK(b.targets.empty());
    }
}

TEST_CASE("a CSV target is a value where it is stated", "[cluster][data]") {
    const scratch_folder folder;
    const auto d = read(folder, "y,a\n-1.5,2\n0.25,3\n", values());
    REQUIRE(d);
    CHECK((*d)->shape().classes == 0);
    const auto b = whole(**d);
    CHECK(b.targets == std::vector<float>{-1.5f, 0.25f});
    CHECK(b.x == std::vector<float>{2, 3});
    CHECK(b.labels.empty());
}

TEST_CASE("a CSV target is found by name or by number", "[cluster][data]") {
    const scratch_folder folder;
    const auto targets = [&](const std::string& text, const csv_options& o) {
        const auto d = read(folder, text, o);
        REQUIRE(d);
        return whole(**d).targets;
    };
    CHECK(targets("a,b,c\n1,2,3\n", values("b")) == std::vector<float>{2});
    CHECK(targets("a,b,c\n1,2,3\n", values("2")) == std::vector<float>{3});
    CHECK(targets("a,0,c\n1,2,3\n", values("0")) == std::vector<float>{2});  // a name comes first
    CHECK(targets("1,2,3\n4,5,6\n", bare("0")) == std::vector<float>{1, 4});
    CHECK(targets("1;2\n", with(bare("1"), ';')) == std::vector<float>{2});
    CHECK(targets("a\tb\n1\t2\n", with(values("a"), '\t')) == std::vector<float>{1});
    CHECK(targets("1 2\n", with(bare("0"), ' ')) == std::vector<float>{1});
}

TEST_CASE("a CSV test set takes the training set's classes", "[cluster][data]") {
    const scratch_folder folder;
    const auto d = read(folder, "a,y\n1,0\n", with(classes(), {1, 5, false}));
    REQUIRE(d);
    CHECK((*d)->shape().classes == 5);
    CHECK((*read(folder, "a,y\n1,0\n", classes()))->shape().classes == 2);
}

TEST_CASE("random CSV files come back", "[cluster][data]") {
    const std::uint64_t seed = 5;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const scratch_folder folder;
    for (int round = 0; round < 40; ++round) {
        const std::size_t columns = 2 + rng() % 6;
        const std::size_t target = rng() % columns;
        std::string text;
        batch wrote;
        for (auto rows = 1 + rng() % 12; rows > 0; --rows) {
            for (std::size_t c = 0; c < columns; ++c) {
                const auto value = static_cast<float>(rng() % 4001) / 16.0f - 125.0f;
                (c == target ? wrote.targets : wrote.x).push_back(value);
                text += fmt::format("{}{:.4f}", c ? ";" : "", value);
            }
            text += rows > 1 || rng() % 2 ? "\n" : "";
        }
        CAPTURE(text, target);
        const auto options = with(bare(std::to_string(target)), ';');
        const auto d = read(folder, round % 2 ? gzip(text) : text, options);
        REQUIRE(d);
        REQUIRE(whole(**d).x == wrote.x);
        REQUIRE(whole(**d).targets == wrote.targets);
    }
}

TEST_CASE("every beginning of a CSV file is refused or read in full", "[cluster][data]") {
    const scratch_folder folder;
    const std::string text = "aa,b,y\n1.5,-2,0.5\n\"3\",1e-2,2\n4,+5,6.25\n";
    std::size_t refused = 0, valid = 0;
    for (std::size_t n = 0; n < text.size(); ++n) {
        const auto begin = text.substr(0, n);
        CAPTURE(begin);
        const auto d = read(folder, begin, values());
        if (d) {
            ++valid;
            const auto b = whole(**d);
            REQUIRE((*d)->shape().features == 2);
            REQUIRE(b.x.size() == 2 * b.targets.size());
            REQUIRE(b.x[0] == 1.5f);
        } else {
            ++refused;
            check_sentence(d.error().sentence, {folder.path("set.csv:"), ", column "});
        }
    }
    CHECK(refused > 20);
    CHECK(valid > 5);
    const auto packed = gzip(text);
    for (std::size_t n = 1; n < packed.size(); ++n)
        check_refused(read(folder, packed.substr(0, n), values()), failure_code::malformed,
                      {folder.path("set.csv")});
}

TEST_CASE("random bytes are refused as CSV in one printable line", "[cluster][data]") {
    const std::uint64_t seed = 9;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const scratch_folder folder;
    for (int round = 0; round < 200; ++round) {
        std::string noise(20 + rng() % 200, '\0');
        for (auto& c : noise) c = static_cast<char>(rng());
        check_refused(read(folder, noise, bare("0")), failure_code::malformed, {"set.csv:"});
    }
}

TEST_CASE("wrong CSV files are refused with line and column", "[cluster][data]") {
    const std::vector<wrong_text> table{
        {"a word", "a,y\n1,0\n2,1\nthree,1\n", classes(), 4, 1, {"'three'"}},
        {"an empty cell", "a,b,y\n1,,0\n", classes(), 2, 2, {"''"}},
        {"no finite number", "a,y\nnan,0\n", classes(), 2, 1, {"'nan'"}},
        {"infinite", "a,y\n-inf,0\n", classes(), 2, 1, {"'-inf'"}},
        {"beyond a float", "a,y\n3.5e38,0\n", classes(), 2, 1, {"'3.5e38'"}},
        {"hexadecimal", "a,y\n0x1p3,0\n", classes(), 2, 1, {"'0x1p3'"}},
        {"two numbers", "a,y\n1 2,0\n", classes(), 2, 1, {"'1 2'"}},
        {"a target that is a word", "a,y\n1,cat\n", values(), 2, 2, {"'cat'"}},
        {"a row too short", "a,b,y\n1,2,0\n1,2\n", classes(), 3, 3, {"2 columns", "3"}},
        {"a row too long", "a,b,y\n1,2,0\n\n1,2,0,4\n", classes(), 4, 4, {"4 columns", "3"}},
        {"a delimiter at the end", "a,y\n1,0,\n", classes(), 2, 3, {"3 columns", "2"}},
        {"a second header", "a,y\n1,0\na,y\n", classes(), 3, 1, {"'a'"}},
        {"a header where none is stated", "a,y\n1,2\n", bare("1"), 1, 1, {"'a'"}},
        {"a fraction as class", "a,y\n1,0.5\n", classes(), 2, 2, {"'0.5'", "target_kind"}},
        {"a negative class", "a,y\n1,-1\n", classes(), 2, 2, {"'-1'", "target_kind"}},
        {"too many classes", "a,y\n1,1000001\n", classes(), 2, 2, {"'1000001'"}},
        {"no such target", "a,b\n1,0\n", classes(), 1, 1, {"'y'"}},
        {"a number beyond the columns", "a,b\n1,0\n", values("2"), 1, 1, {"'2'"}},
        {"a negative number", "1,0\n", bare("-1"), 1, 1, {"'-1'"}},
        {"a name where no header is stated", "1,0\n", bare("y"), 1, 1, {"'y'"}},
        {"the target's name twice", "y,a,y\n0,1,0\n", classes(), 1, 3, {"'y'", "second"}},
        {"another delimiter", "a;y\n1;0\n", classes(), 1, 1, {"'y'"}},
        {"only the target", "y\n0\n", classes(), 1, 1, {"beside the target", "','"}},
        {"features unlike the training set's",
         "a,b,y\n1,2,0\n",
         with(classes(), {3, 2, false}),
         1,
         3,
         {"2 features", "3"}},
        {"a class beyond the training set",
         "a,y\n1,1\n1,2\n",
         with(classes(), {1, 2, false}),
         3,
         2,
         {"class 2", "2 classes"}},
        {"empty", "", classes(), 0, 1, {"no sample"}},
        {"blank", "\n \t\r\n\n", classes(), 3, 1, {"no sample"}},
        {"a header and no more", "a,y\n", classes(), 1, 1, {"no sample"}},
        {"a long word", "a,y\n" + std::string(500, 'x') + ",1\n", classes(), 2, 1, {"xxx...'"}},
    };
    const scratch_folder folder;
    for (const auto& w : table) {
        INFO(w.what);
        auto named = w.named;
        named.push_back(
            fmt::format("{}:{}, column {}: ", folder.path("set.csv"), w.line, w.column));
        check_refused(read(folder, w.text, w.options), failure_code::malformed, named);
    }
}

TEST_CASE("headers of two CSV files must agree", "[cluster][data]") {
    const scratch_folder folder;
    const auto agree = [&](const std::string& train, const std::string& test) {
        const auto a = read(folder, train, values());
        const auto b = read(folder, test, values());
        REQUIRE(a);
        REQUIRE(b);
        return same_columns(**a, "train.csv", **b, "test.csv");
    };
    CHECK(agree("a,b,y\n1,2,3\n", "a,b,y\n4,5,6\n"));
    CHECK(agree("a,b,y\n1,2,3\n", "\"a\", b,y\r\n4,5,6\n"));
    const auto mismatch = failure_code::mismatch;
    check_refused(agree("a,b,y\n1,2,3\n", "b,a,y\n4,5,6\n"), mismatch,
                  {"test.csv, column 1", "'b'", "train.csv has 'a'"});
    check_refused(agree("a,b,y\n1,2,3\n", "a,y,b\n4,5,6\n"), mismatch,
                  {"test.csv, column 2", "'y'", "train.csv has 'b'"});
    check_refused(agree("a,y\n1,2\n", "a,y,c\n4,5,6\n"), mismatch,
                  {"test.csv, column 3", "'c'", "train.csv has nothing"});
    check_refused(agree("a,y,c\n1,2,3\n", "a,y\n4,5\n"), mismatch,
                  {"test.csv, column 3", "nothing", "train.csv has 'c'"});
}

TEST_CASE("what a CSV file holds changes its checksum", "[cluster][data]") {
    const scratch_folder folder;
    const auto checksum = [&](const std::string& text) {
        return (*read(folder, text, values()))->checksum();
    };
    const auto before = checksum("a,y\n1,2\n3,4\n");
    CHECK(checksum("a,y\n1.0, 2\n\n3,4") == before);
    CHECK(checksum("a,y\n1,2\n3,5\n") != before);
    CHECK(checksum("a,y\n1,2\n4,4\n") != before);
    CHECK(checksum("a,y\n3,4\n1,2\n") != before);
}

TEST_CASE("a CSV file that is missing or a folder is named", "[cluster][data]") {
    const scratch_folder folder;
    check_refused(read_csv(folder.path("absent"), classes()), failure_code::not_found,
                  {folder.path("absent")});
    check_refused(read_csv(folder.path(""), classes()), failure_code::usage, {folder.path("")});
}
