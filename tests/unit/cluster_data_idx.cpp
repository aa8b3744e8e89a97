#include "cluster/data/idx.hpp"

#include <random>

#include "tests/unit/cluster_data_checks.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using namespace slackline::data_checks;

namespace {

std::string big_endian(std::uint32_t v) {
    return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
            static_cast<char>(v)};
}

std::string idx(const std::vector<std::uint32_t>& dimensions, const std::string& data) {
    std::string file = big_endian(0x0800u + static_cast<std::uint32_t>(dimensions.size()));
    for (const auto d : dimensions) file += big_endian(d);
    return file + data;
}

// Three images of 2 x 4 pixels with the labels 2, 0, 1.
const std::string pixels =
    std::string("\0\1\2\3\4\5\6\7", 8) + "ABCDEFGH" + "\xF8\xF9\xFA\xFB" + "\xFC\xFD\xFE\xFF";
const std::string images = idx({3, 2, 4}, pixels);
const std::string labels = idx({3}, std::string("\2\0\1", 3));

using outcome = result<std::shared_ptr<const dataset>>;

outcome read(const scratch_folder& in, const std::string& i, const std::string& l) {
    return read_idx(in.put("images", i), in.put("labels", l));
}

struct wrong_file {
    const char* what;
    std::string images;
    std::string labels;
    failure_code code;
    std::vector<std::string> named;
};

}  // namespace

TEST_CASE("IDX images and labels are read as they stand in the files", "[cluster][data]") {
    const scratch_folder folder;
    const auto check = [&](const outcome& d) {
        REQUIRE(d);
        CHECK((*d)->size() == 3);
        CHECK((*d)->shape().features == 8);
        CHECK((*d)->shape().classes == 3);
        CHECK_FALSE((*d)->shape().sparse);
        const auto b = whole(**d);
        CHECK(b.labels == std::vector<std::int32_t>{2, 0, 1});
        REQUIRE(b.x.size() == 24);
        for (std::size_t i = 0; i < 24; ++i)
            CHECK(b.x[i] == Approx(static_cast<unsigned char>(pixels[i]) / 255.0));
        CHECK(b.x.back() == 1.0f);
    };
    check(read(folder, images, labels));
    check(read(folder, gzip(images), gzip(labels)));
    CHECK((*read(folder, images, labels))->checksum() ==
          (*read(folder, gzip(images), labels))->checksum());
}

TEST_CASE("random IDX files come back through plain files and gzip", "[cluster][data]") {
    const std::uint64_t seed = 4;
    INFO("seed " << seed);
    std::mt19937_64 rng(seed);
    const scratch_folder folder;
    for (int round = 0; round < 30; ++round) {
        const auto n = static_cast<std::uint32_t>(1 + rng() % 20);
        const auto rows = static_cast<std::uint32_t>(1 + rng() % 30);
        const auto columns = static_cast<std::uint32_t>(1 + rng() % 30);
        std::string x(n * rows * columns, '\0'), y(n, '\0');
        for (auto& c : x) c = static_cast<char>(rng());
        for (auto& c : y) c = static_cast<char>(rng());
        const auto i = idx({n, rows, columns}, x);
        const auto l = idx({n}, y);
        const auto d = read(folder, round % 2 ? gzip(i) : i, round % 3 ? gzip(l) : l);
        REQUIRE(d);
        const auto* read_back = dynamic_cast<const image_dataset*>(d->get());
        REQUIRE(read_back);
        REQUIRE(std::string(read_back->pixels().begin(), read_back->pixels().end()) == x);
        REQUIRE(std::string(read_back->labels().begin(), read_back->labels().end()) == y);
        REQUIRE((*d)->shape().features == rows * columns);
    }
}

TEST_CASE("one changed pixel or label changes the checksum of IDX data", "[cluster][data]") {
    const scratch_folder folder;
    const auto before = (*read(folder, images, labels))->checksum();
    auto other = images;
    other.back() = '\0';
    CHECK((*read(folder, other, labels))->checksum() != before);
    CHECK((*read(folder, images, idx({3}, std::string("\2\0\2", 3))))->checksum() != before);
}

TEST_CASE("every beginning of an IDX file is refused", "[cluster][data]") {
    const scratch_folder folder;
    for (const bool packed : {false, true}) {
        const auto i = packed ? gzip(images) : images;
        const auto l = packed ? gzip(labels) : labels;
        for (std::size_t n = 0; n < i.size(); ++n) {
            CAPTURE(packed, n);
            check_refused(read(folder, i.substr(0, n), l), failure_code::malformed,
                          {folder.path("images"), " at byte "});
        }
        for (std::size_t n = 0; n < l.size(); ++n) {
            CAPTURE(packed, n);
            check_refused(read(folder, i, l.substr(0, n)), failure_code::malformed,
                          {folder.path("labels"), " at byte "});
        }
    }
}

TEST_CASE("a changed byte of a packed IDX file is noticed", "[cluster][data]") {
    const scratch_folder folder;
    const auto good = read(folder, images, labels);
    const auto packed = gzip(images);
    std::size_t refused = 0;
    for (std::size_t n = 0; n < packed.size(); ++n) {
        auto bad = packed;
        bad[n] = static_cast<char>(bad[n] ^ 0x10);
        CAPTURE(n);
        const auto d = read(folder, bad, labels);
        refused += !d;
        if (d) REQUIRE((*d)->checksum() == (*good)->checksum());  // a byte that means nothing
        if (!d) check_sentence(d.error().sentence, {folder.path("images"), " at byte "});
    }
    CHECK(refused >= packed.size() - 8);  // gzip's time, system and extra flags
}

TEST_CASE("wrong IDX files are refused with file and offset", "[cluster][data]") {
    const auto malformed = failure_code::malformed;
    const std::vector<wrong_file> table{
        {"labels for images", labels, labels, malformed, {"images at byte 0", "0x00000801"}},
        {"images for labels", images, images, malformed, {"labels at byte 0", "0x00000803"}},
        {"floats", big_endian(0x0D03) + images.substr(4), labels, malformed, {"images at byte 0"}},
        {"little endian",
         "\3\x08" + images.substr(0, 2) + images.substr(4),
         labels,
         malformed,
         {"images at byte 0", "0x03080000"}},
        {"text", "not an IDX file at all", labels, malformed, {"images at byte 0", "0x6e6f7420"}},
        {"two dimensions", idx({3, 8}, pixels), labels, malformed, {"images at byte 0"}},
        {"a byte too many", images + "x", labels, malformed, {"images at byte 41", "24", "25"}},
        {"a label too many", images, labels + "x", malformed, {"labels at byte 12", "3", "4"}},
        {"one image more", idx({4, 2, 4}, pixels), labels, malformed, {"images at byte 40", "32"}},
        {"huge",
         idx({0x7FFFFFFF, 0x7FFFFFFF, 1}, pixels),
         labels,
         malformed,
         {"images at byte 40", "4611686014132420609"}},
        {"2^96 bytes",
         idx({~0u, ~0u, ~0u}, pixels),
         labels,
         malformed,
         {"images at byte 12", "overflow"}},
        {"huge labels", images, idx({~0u}, "abc"), malformed, {"labels at byte 11", "4294967295"}},
        {"no image", idx({0, 2, 4}, ""), idx({0}, ""), malformed, {"images at byte 4"}},
        {"no row", idx({3, 0, 4}, ""), labels, malformed, {"images at byte 8", "0 x 4"}},
        {"no column", idx({3, 2, 0}, ""), labels, malformed, {"images at byte 8", "2 x 0"}},
        {"two labels",
         images,
         idx({2}, "\1\2"),
         failure_code::mismatch,
         {"images holds 3 images", "labels 2 labels"}},
        {"four labels",
         images,
         idx({4}, "\1\2\1\2"),
         failure_code::mismatch,
         {"images holds 3 images", "labels 4 labels"}},
        {"empty", "", labels, malformed, {"images at byte 0", "16-byte header"}},
        {"empty labels", images, "", malformed, {"labels at byte 0", "8-byte header"}},
    };
    const scratch_folder folder;
    for (const auto& w : table) {
        INFO(w.what);
        auto named = w.named;
        named.front() = folder.path("") + named.front();
        check_refused(read(folder, w.images, w.labels), w.code, named);
        check_refused(read(folder, gzip(w.images), gzip(w.labels)), w.code, named);
    }
}

TEST_CASE("an IDX file that is missing or a folder is named", "[cluster][data]") {
    const scratch_folder folder;
    const auto good = folder.put("labels", labels);
    const auto absent = folder.path("absent");
    check_refused(read_idx(absent, good), failure_code::not_found, {absent});
    check_refused(read_idx(folder.put("images", images), absent), failure_code::not_found,
                  {absent});
    check_refused(read_idx(folder.path(""), good), failure_code::usage, {folder.path("")});
}

TEST_CASE("IDX data of one class still has two", "[cluster][data]") {
    const scratch_folder folder;
    const auto d = read(folder, images, idx({3}, std::string(3, '\0')));
    REQUIRE(d);
    CHECK((*d)->shape().classes == 2);
}
