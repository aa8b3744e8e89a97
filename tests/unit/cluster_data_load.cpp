#include "cluster/data/load.hpp"

#include "cluster/data/file.hpp"
#include "tests/unit/cluster_data_checks.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using namespace slackline::data_checks;

namespace {

// An IDX file of `n` images of side x side pixels, or of n labels; byte i is i mod `modulus`.
std::string idx(unsigned n, unsigned side, unsigned modulus) {
    std::string file{0, 0, 8, static_cast<char>(side ? 3 : 1), 0, 0, 0, static_cast<char>(n)};
    if (side)
        for (int d = 0; d < 2; ++d) file += {0, 0, 0, static_cast<char>(side)};
    for (unsigned i = 0; i < n * (side ? side * side : 1); ++i)
        file += static_cast<char>(i % modulus);
    return file;
}

job idx_job(const scratch_folder& folder) {
    job j;
    j.data.format = "idx";
    j.data.path = folder.path("");
    return j;
}

void put_mnist_like(const scratch_folder& folder, unsigned test_side, unsigned test_classes) {
    folder.put("train-images-idx3-ubyte", idx(7, 2, 251));
    folder.put("train-labels-idx1-ubyte", idx(7, 0, 3));
    folder.put("t10k-images-idx3-ubyte", idx(4, test_side, 251));
    folder.put("t10k-labels-idx1-ubyte", idx(4, 0, test_classes));
}

job csv_job(const scratch_folder& folder, const std::string& train, const std::string& test) {
    job j;
    j.data.format = "csv";
    j.data.train = folder.put("train.csv", train);
    j.data.test = folder.put("test.csv", test);
    j.data.csv.target = "y";
    j.data.value_target = true;
    return j;
}

}  // namespace

TEST_CASE("a folder with the usual IDX names is loaded, plain or packed", "[cluster][data]") {
    const scratch_folder folder;
    put_mnist_like(folder, 2, 3);
    const auto plain = load_data(idx_job(folder));
    REQUIRE(plain);
    CHECK(plain->train->size() == 7);
    CHECK(plain->test->size() == 4);
    CHECK_FALSE(plain->validation);
    for (const std::string name : {"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
        const auto content = read_whole_file(folder.path(name));
        REQUIRE(content);
        folder.put(name + ".gz", gzip(*content));
        std::filesystem::remove(folder.path(name));
    }
    const auto packed = load_data(idx_job(folder));
    REQUIRE(packed);
    CHECK(packed->train->checksum() == plain->train->checksum());
    CHECK(packed->test->checksum() == plain->test->checksum());
    CHECK(packed->train->checksum() != packed->test->checksum());
}

TEST_CASE("IDX files that are named win over the folder's", "[cluster][data]") {
    const scratch_folder folder;
    put_mnist_like(folder, 2, 3);
    auto j = idx_job(folder);
    j.data.train = folder.put("mine", idx(5, 2, 7));
    j.data.train_labels = folder.put("my-labels", idx(5, 0, 3));
    const auto d = load_data(j);
    REQUIRE(d);
    CHECK(d->train->size() == 5);
    CHECK(d->test->size() == 4);
}

TEST_CASE("an IDX folder without the files says what was looked for", "[cluster][data]") {
    const scratch_folder folder;
    check_refused(
        load_data(idx_job(folder)), failure_code::not_found,
        {folder.path(""), "train-images-idx3-ubyte.gz", "train-images-idx3-ubyte", "data.path"});
    put_mnist_like(folder, 2, 3);
    std::filesystem::remove(folder.path("t10k-labels-idx1-ubyte"));
    check_refused(load_data(idx_job(folder)), failure_code::not_found,
                  {"t10k-labels-idx1-ubyte.gz"});
    auto j = idx_job(folder);
    j.data.path = folder.path(std::string(5'000, 'x'));
    check_refused(load_data(j), failure_code::not_found, {"train-images-idx3-ubyte"});
}

TEST_CASE("IDX test sets that do not fit the training set are refused", "[cluster][data]") {
    const scratch_folder folder;
    put_mnist_like(folder, 3, 3);
    check_refused(load_data(idx_job(folder)), failure_code::mismatch, {"9 features", "4"});
    put_mnist_like(folder, 2, 4);
    check_refused(load_data(idx_job(folder)), failure_code::mismatch, {"4 classes", "3"});
    put_mnist_like(folder, 2, 2);
    CHECK(load_data(idx_job(folder)));
}

TEST_CASE("a folder of CSV files has a train.csv and a test.csv, and a named file wins",
          "[cluster][data]") {
    const scratch_folder folder;
    auto j = csv_job(folder, "a,y\n1,2\n", "a,y\n3,4\n");
    j.data.path = folder.path("set");
    j.data.train = j.data.test = "";
    folder.put("set/train.csv", "a,y\n10,20\n");
    check_refused(load_data(j), failure_code::not_found, {"test.csv.gz, test.csv", "data.path"});
    folder.put("set/test.csv", "a,y\n30,40\n");
    const auto d = load_data(j);
    REQUIRE(d);
    CHECK(whole(*d->train).x == std::vector<float>{10});
    CHECK(whole(*d->test).x == std::vector<float>{30});
    j.data.test = folder.put("other.csv", "a,y\n50,60\n");
    const auto other = load_data(j);
    REQUIRE(other);
    CHECK(whole(*other->train).x == std::vector<float>{10});
    CHECK(whole(*other->test).x == std::vector<float>{50});
}

TEST_CASE("a folder of LIBSVM files has one pair X and X.t", "[cluster][data]") {
    const scratch_folder folder;
    job j;
    j.data.format = "libsvm";
    j.data.path = folder.path("");
    j.data.index_base = 1;
    check_refused(load_data(j), failure_code::not_found, {"0 pairs", "data.train"});
    folder.put("set", "+1 1:5\n-1 1:6\n");
    folder.put("notes", "");
    check_refused(load_data(j), failure_code::not_found, {"0 pairs"});
    folder.put("set.t", "+1 1:7\n");
    const auto d = load_data(j);
    REQUIRE(d);
    CHECK(d->train->size() == 2);
    CHECK(d->test->size() == 1);
    folder.put("more", "");
    folder.put("more.t", "");
    check_refused(load_data(j), failure_code::not_found, {"2 pairs"});
}

TEST_CASE("the validation set is the end of the training set", "[cluster][data]") {
    const scratch_folder folder;
    std::string text = "a,y\n";
    for (int i = 0; i < 11; ++i) text += std::to_string(i) + "," + std::to_string(100 + i) + "\n";
    auto j = csv_job(folder, text, "a,y\n50,60\n");
    j.data.validation = 0.3;
    const auto d = load_data(j);
    REQUIRE(d);
    REQUIRE(d->validation);
    CHECK(whole(*d->train).x == std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(whole(*d->validation).x == std::vector<float>{8, 9, 10});
    CHECK(whole(*d->validation).targets == std::vector<float>{108, 109, 110});
    CHECK(whole(*d->test).x == std::vector<float>{50});
    CHECK(d->validation->shape().features == 1);
    j.data.validation = 0.09;  // less than one sample
    const auto all = load_data(j);
    REQUIRE(all);
    CHECK_FALSE(all->validation);
    CHECK(all->train->size() == 11);
}

TEST_CASE("samples fill a batch in the order asked for, again and again", "[cluster][data]") {
    const scratch_folder folder;
    const auto j = csv_job(folder, "a,y\n1,2\n3,4\n5,6\n", "a,y\n7,8\n");
    const auto d = load_data(j);
    REQUIRE(d);
    batch b;
    for (const auto& order : std::vector<std::vector<std::uint64_t>>{{2, 0, 2}, {1}, {}}) {
        d->train->fill(order, b);
        REQUIRE(b.size == order.size());
        REQUIRE(b.x.size() == order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            CHECK(b.x[i] == static_cast<float>(2 * order[i] + 1));
            CHECK(b.targets[i] == static_cast<float>(2 * order[i] + 2));
        }
    }
}

TEST_CASE("CSV sets whose columns differ are refused", "[cluster][data]") {
    const scratch_folder folder;
    CHECK(load_data(csv_job(folder, "a,b,y\n1,2,3\n", "a,b,y\n1,2,3\n")));
    check_refused(load_data(csv_job(folder, "a,b,y\n1,2,3\n", "b,a,y\n1,2,3\n")),
                  failure_code::mismatch, {folder.path("test.csv, column 1"), "train.csv"});
    check_refused(load_data(csv_job(folder, "a,b,y\n1,2,3\n", "a,y\n1,2\n")),
                  failure_code::malformed, {folder.path("test.csv:1"), "1 features", "has 2"});
}

TEST_CASE("LIBSVM sets are read as the job states", "[cluster][data]") {
    const scratch_folder folder;
    job j;
    j.data.format = "libsvm";
    j.data.train = folder.put("train", "2 0:1 4:1\n1 3:1\n");
    j.data.test = folder.put("test", "2 4:1\n");
    j.data.index_base = 0;
    const auto d = load_data(j);
    REQUIRE(d);
    CHECK(d->train->shape().features == 5);
    CHECK(d->train->shape().classes == 3);
    CHECK(d->test->shape().features == 5);
    CHECK(d->test->shape().classes == 3);
    j.data.value_target = true;
    const auto regression = load_data(j);
    REQUIRE(regression);
    CHECK(whole(*regression->train).targets == std::vector<float>{2, 1});
    CHECK(regression->test->shape().classes == 0);
    j.data.index_base = 1;
    check_refused(load_data(j), failure_code::malformed, {folder.path("train:1: "), "index 0"});
    j.data.index_base = 0;
    j.data.test = folder.put("test", "2 5:1\n");
    check_refused(load_data(j), failure_code::malformed, {folder.path("test:1: "), "index 5"});
}

TEST_CASE("paths that no file can have are refused", "[cluster][data]") {
    const scratch_folder folder;
    const auto file = folder.put("file", "1\n");
    check_refused(read_whole_file(file + "/below"), failure_code::not_found, {file + "/below"});
    const auto too_long = folder.path(std::string(300, 'x'));
    check_refused(read_whole_file(too_long), failure_code::io, {too_long, "File name too long"});
    check_refused(read_whole_file("/dev/null"), failure_code::usage, {"/dev/null"});
    CHECK(read_whole_file(folder.put("empty", "")).value().empty());
    CHECK(read_whole_file(folder.put("one", "\x1f")).value() == "\x1f");
}

TEST_CASE("files of several megabytes are read whole", "[cluster][data]") {
    const scratch_folder folder;
    std::string content;
    for (std::uint64_t i = 0; content.size() < 3'500'000; ++i) content += std::to_string(i * 7919);
    CHECK(read_whole_file(folder.put("plain", content)).value() == content);
    CHECK(read_whole_file(folder.put("packed", gzip(content))).value() == content);
    auto cut = gzip(content);
    cut.resize(cut.size() - 4);
    check_refused(read_whole_file(folder.put("cut", cut)), failure_code::malformed,
                  {folder.path("cut"), "at byte "});
}
