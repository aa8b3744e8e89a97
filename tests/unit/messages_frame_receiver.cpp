// A stream is cut into the frames that it holds, however it arrives; steady payloads are not
// copied.
#include <algorithm>
#include <random>

#include "messages/frame_receiver.hpp"
#include "tests/catch.hpp"
#include "tests/unit/messages_samples.hpp"

using namespace slackline;

namespace {

using byte_string = std::vector<std::byte>;

frame sized_push(std::size_t bytes, unsigned first) {
    const auto data = samples::payload(bytes, first);
    return samples::push(std::span(data->data(), bytes), data);
}

/// Gives `stream` to `to` in parts of at most `part()` bytes.
template <class Part>
result<void> feed(frame_receiver& to, std::span<const std::byte> stream, Part part,
                  std::vector<frame>& got) {
    while (!stream.empty()) {
        const auto room = to.room();
        REQUIRE(!room[0].empty());
        const std::size_t n = std::min({stream.size(), room[0].size() + room[1].size(), part()});
        const std::size_t first = std::min(n, room[0].size());
        std::copy_n(stream.begin(), first, room[0].begin());
        std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(first), n - first,
                    room[1].begin());
        stream = stream.subspan(n);
        if (auto ok = to.took(n, got); !ok) return ok;
    }
    return {};
}

std::vector<frame> drawn_frames(std::mt19937_64& random) {
    auto known = samples::version_1();
    std::vector<frame> frames;
    for (int i = 0; i < 40; ++i)
        frames.push_back(random() % 2 == 0
                             ? known[random() % known.size()].frame
                             : sized_push(random() % (random() % 3 == 0 ? 20'000 : 600),
                                          static_cast<unsigned>(random() % 251)));
    return frames;
}

byte_string stream_of(const std::vector<frame>& frames) {
    byte_string all;
    for (const auto& f : frames) {
        const auto bytes = samples::bytes(f);
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
}

}  // namespace

TEST_CASE("frames come out of a stream as they went in, whatever its parts", "[messages]") {
    const auto seed = GENERATE(range(1u, 41u));
    std::mt19937_64 random(seed);
    const auto frames = drawn_frames(random);
    const std::size_t most = std::array<std::size_t, 4>{1, 40, 3'000, 1u << 20}[random() % 4];
    const std::size_t expected = std::array<std::size_t, 3>{0, 256, 4'096}[random() % 3];
    INFO("seed " << seed << ", parts up to " << most << ", " << expected << " expected");
    frame_receiver receiver({1u << 20, true}, heap_buffer, expected);
    std::vector<frame> got;
    REQUIRE(feed(receiver, stream_of(frames), [&] { return 1 + random() % most; }, got));
    REQUIRE(got.size() == frames.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(samples::text(got[i]) == samples::text(frames[i]));
        for (const auto& s : got[i].segments())
            if (s.payload) CHECK(reinterpret_cast<std::uintptr_t>(s.bytes.data()) % 64 == 0);
    }
}

TEST_CASE("of payloads of one length no byte is copied once two have come", "[messages]") {
    const auto one = samples::bytes(sized_push(50'000, 7));
    frame_receiver receiver({1u << 20, false}, heap_buffer, 4'096);
    std::vector<frame> got;
    const auto whole = [&] { return one.size(); };
    for (int i = 0; i < 2; ++i) REQUIRE(feed(receiver, one, whole, got));
    const auto before = receiver.copied_bytes();
    for (int i = 0; i < 20; ++i) {
        const auto room = receiver.room();
        CHECK(room[0].size() + room[1].size() == one.size());  // it fits one read
        REQUIRE(feed(receiver, one, whole, got));
    }
    CHECK(got.size() == 22);
    CHECK(receiver.copied_bytes() == before);
}

TEST_CASE("of payloads behind headers that came alone no byte is copied", "[messages]") {
    std::mt19937_64 random(3);
    frame_receiver receiver({1u << 20, false}, heap_buffer, 0);
    std::vector<frame> got;
    for (int i = 0; i < 30; ++i) {
        // Never the same length twice in a row: nothing can be foreseen.
        const auto one = samples::bytes(sized_push(1'000 + 64 * static_cast<std::size_t>(i), 9));
        REQUIRE(feed(receiver, one, [&] { return 1 + random() % 500; }, got));
    }
    CHECK(got.size() == 30);
    CHECK(receiver.copied_bytes() == 0);
}

TEST_CASE("a damaged stream is refused, and nothing damaged comes out", "[messages]") {
    const auto seed = GENERATE(range(1u, 201u));
    std::mt19937_64 random(seed);
    const auto frames = drawn_frames(random);
    auto bytes = stream_of(frames);
    const auto hit = random() % bytes.size();
    bytes[hit] ^= static_cast<std::byte>(1u << (random() % 8));
    INFO("seed " << seed << ", byte " << hit);
    frame_receiver receiver({1u << 20, true}, heap_buffer, random() % 2 == 0 ? 0 : 4'096);
    std::vector<frame> got;
    const auto ok = feed(receiver, bytes, [&] { return 1 + random() % 5'000; }, got);
    // One flipped bit in a length leaves the last frame waiting; everywhere else it is an error.
    CHECK((!ok || got.size() < frames.size()));
    REQUIRE(got.size() <= frames.size());
    for (std::size_t i = 0; i < got.size(); ++i)
        CHECK(samples::text(got[i]) == samples::text(frames[i]));
}

TEST_CASE("a length above the limit is refused before memory is asked for", "[messages]") {
    std::size_t asked = 0;
    const auto counting = [&](std::size_t bytes) {
        asked = std::max(asked, bytes);
        return heap_buffer(bytes);
    };
    frame_receiver receiver({10'000, false}, counting, 0);
    std::vector<frame> got;
    const auto ok =
        feed(receiver, samples::bytes(sized_push(50'000, 1)), [] { return std::size_t{100}; }, got);
    REQUIRE(!ok);
    CHECK(ok.error().sentence.find("10000 are the limit") != std::string::npos);
    CHECK(asked == 0);
}

TEST_CASE("a receiver without memory refuses", "[messages]") {
    frame_receiver receiver({1u << 20, false}, [](std::size_t) { return frame_memory(); }, 512);
    std::vector<frame> got;
    const auto ok =
        feed(receiver, samples::bytes(sized_push(5'000, 1)), [] { return std::size_t{100}; }, got);
    REQUIRE(!ok);
    CHECK(ok.error().code == failure_code::exhausted);
}
