// The safetensors format against files built by hand from its specification.
#include "actors/checkpoint/safetensors.hpp"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "tests/catch.hpp"

using namespace slackline;

namespace {

std::string little(std::uint64_t value) {
    std::string s;
    for (int i = 0; i < 8; ++i) s += static_cast<char>(value >> (8 * i));
    return s;
}

// Length, header, data.
bytes by_hand(const std::string& header, const std::string& data) {
    const std::string text = little(header.size()) + header + data;
    const auto b = std::as_bytes(std::span(text));
    return {b.begin(), b.end()};
}

template <class T>
std::string raw(const std::vector<T>& v) {
    return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)};
}

template <class T>
tensor_entry entry(const std::string& name, tensor_type type, std::vector<std::size_t> shape,
                   const std::vector<T>& v) {
    return {name, type, std::move(shape), std::as_bytes(std::span(v))};
}

void require_refused(const bytes& file, const std::string& why) {
    const auto read = read_safetensors(file, "PLACE");
    REQUIRE(!read);
    CAPTURE(read.error().sentence);
    REQUIRE(read.error().sentence.find("PLACE is no valid safetensors file") == 0);
    REQUIRE(read.error().sentence.find(why) != std::string::npos);
}

const std::string two_floats(8, 'f');

}  // namespace

TEST_CASE("a safetensors file written by hand is read") {
    const std::vector<float> w{1, -2, 0.5f, 4, 5, 6};
    const std::vector<std::uint64_t> ids{7, std::numeric_limits<std::uint64_t>::max()};
    const auto file = by_hand(
        R"({"ids": {"dtype":"U64", "shape":[2], "data_offsets":[24,40]}, "__metadata__":{"a":"b"},)"
        R"( "w": {"data_offsets":[0,24],"shape":[2,3],"dtype":"F32"},)"
        R"( "none": {"dtype":"F32","shape":[0,4],"data_offsets":[40,40]}}  )",
        raw(w) + raw(ids));
    const auto read = read_safetensors(file, "PLACE");
    REQUIRE(read);
    REQUIRE(read->size() == 3);
    const auto& first = (*read)[0];
    REQUIRE(first.name == "ids");
    REQUIRE(first.type == tensor_type::u64);
    REQUIRE(first.shape == std::vector<std::size_t>{2});
    REQUIRE(std::memcmp(first.data.data(), ids.data(), 16) == 0);
    const auto& second = (*read)[1];
    REQUIRE(second.name == "w");
    REQUIRE(second.type == tensor_type::f32);
    REQUIRE(second.shape == std::vector<std::size_t>{2, 3});
    REQUIRE(second.data.size() == 24);
    REQUIRE(std::memcmp(second.data.data(), w.data(), 24) == 0);
    REQUIRE((*read)[2].data.empty());
}

TEST_CASE("a written file has the bytes of the specification") {
    const std::vector<float> b{3, 4};
    const std::vector<std::uint64_t> ids{9};
    const std::vector<tensor_entry> entries{entry("b", tensor_type::f32, {2}, b),
                                            entry("t.ids", tensor_type::u64, {1}, ids)};
    std::string header = R"({"__metadata__":{"format":"pt"},)"
                         R"("b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                         R"("t.ids":{"dtype":"U64","shape":[1],"data_offsets":[8,16]}})";
    while (header.size() % 8 != 0) header += ' ';
    REQUIRE(write_safetensors(entries, {{"format", "pt"}}) == by_hand(header, raw(b) + raw(ids)));
}

TEST_CASE("names with quotes and letters beyond ASCII come back") {
    const std::vector<float> b{3};
    const std::string name = "a\"b\\c \xc3\xa9\n";
    const auto file = write_safetensors(
        std::vector{entry("x", tensor_type::f32, {1}, b), entry(name, tensor_type::f32, {}, b)},
        {});
    const auto read = read_safetensors(file, "PLACE");
    REQUIRE(read);
    REQUIRE((*read)[1].name == name);
    REQUIRE((*read)[1].shape.empty());
    REQUIRE((*read)[1].data.size() == 4);
}

TEST_CASE("headers that break the format are refused with the reason") {
    const auto header = [](const std::string& text) { return by_hand(text, two_floats); };
    require_refused({}, "shorter");
    require_refused(bytes(7), "shorter");
    require_refused(bytes(8), "no JSON object");
    require_refused(bytes(8, std::byte{0xff}), "cut off");
    require_refused(header("[]"), "no JSON object");
    require_refused(header("{\"w\":"), "no JSON object");
    require_refused(header(R"({"w":{"shape":[2],"data_offsets":[0,8]}})"), "dtype");
    require_refused(header(R"({"w":{"dtype":"F32","data_offsets":[0,8]}})"), "shape");
    require_refused(header(R"({"w":{"dtype":"F32","shape":[2]}})"), "data_offsets");
    require_refused(header(R"({"w":5})"), "type");
    require_refused(header(R"({"w":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}})"), "BF16");
    for (const char* offsets : {"[0]", "[0,8,8]", "[8,0]", "[0,4]", "[0,12]", "[4,12]", "[]"})
        require_refused(header(std::string(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":)") +
                               offsets + "}}"),
                        "offsets");
    for (const char* shape : {"[3]", "[4611686018427387904,2]", "[-1]", "[0]", "[]"})
        require_refused(header(std::string(R"({"w":{"dtype":"F32","data_offsets":[0,8],"shape":)") +
                               shape + "}}"),
                        "offsets");
}

TEST_CASE("tensors that overlap, leave a gap or leave bytes over are refused") {
    const auto w = [](const char* name, int begin, int end) {
        return fmt::format(R"("{}":{{"dtype":"F32","shape":[1],"data_offsets":[{},{}]}})", name,
                           begin, end);
    };
    const auto two = [&](const std::string& a, const std::string& b) {
        return by_hand(fmt::format("{{{},{}}}", a, b), two_floats);
    };
    REQUIRE(read_safetensors(two(w("a", 4, 8), w("b", 0, 4)), "PLACE"));
    require_refused(two(w("a", 0, 4), w("b", 0, 4)), "overlap");
    require_refused(by_hand(fmt::format("{{{}}}", w("a", 0, 4)), two_floats), "bytes behind");
    require_refused(by_hand(fmt::format("{{{}}}", w("a", 4, 8)), two_floats), "gap");
    require_refused(by_hand("{}", two_floats), "bytes behind");
}

TEST_CASE("no flipped bit of a file makes an entry reach outside of it") {
    const std::vector<float> w(6, 1.0f);
    const std::vector<std::uint64_t> ids{1, 2, 3};
    auto file = write_safetensors(std::vector{entry("w", tensor_type::f32, {2, 3}, w),
                                              entry("ids", tensor_type::u64, {3}, ids)},
                                  {{"writer", "slackline"}});
    const auto* begin = file.data();
    const auto* end = begin + file.size();
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
        CAPTURE(bit);
        const auto flip = std::byte{1} << (bit % 8);
        file[bit / 8] ^= flip;
        const auto read = read_safetensors(file, "PLACE");
        refused += read ? 0 : 1;
        if (read)
            for (const auto& e : *read)
                REQUIRE((e.data.empty() ||
                         (e.data.data() >= begin && e.data.data() + e.data.size() <= end)));
        file[bit / 8] ^= flip;
    }
    REQUIRE(refused > 500);
    for (std::size_t size = 0; size < file.size(); ++size)
        REQUIRE(!read_safetensors(std::span(file).first(size), "PLACE"));
}

TEST_CASE("empty tensors lie anywhere between the others") {
    for (const char* at : {"[0,0]", "[8,8]"})
        for (const char* order : {R"({"w":W,"none":N})", R"({"none":N,"w":W})"}) {
            std::string header = order;
            header.replace(header.find('W'), 1,
                           R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})");
            header.replace(header.find('N'), 1,
                           fmt::format(R"({{"dtype":"F32","shape":[0],"data_offsets":{}}})", at));
            const auto read = read_safetensors(by_hand(header, two_floats), "PLACE");
            REQUIRE(read);
            CHECK(read->size() == 2);
        }
}

TEST_CASE("offsets that run backwards are refused, be the shape as large as their difference") {
    require_refused(by_hand(R"({"w":{"dtype":"F32","shape":[4611686018427387903],)"
                            R"("data_offsets":[8,4]}})",
                            two_floats),
                    "do not fit its shape");
}
