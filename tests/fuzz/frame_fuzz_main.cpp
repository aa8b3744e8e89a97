// A bounded run of the fuzzer's entry where there is no libFuzzer: frames of every kind, mutated
// from a seed. usage: fuzz_frame [rounds [seed]]
#include <fmt/format.h>

#include <cstdlib>
#include <random>

#include "messages/header.hpp"
#include "tests/unit/messages_samples.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace slackline;
using bytes = std::vector<std::byte>;

struct seed_frame {
    std::uint16_t kind;
    bytes content;
};

std::uint16_t kind_of(const frame& f) {
    return static_cast<std::uint16_t>(frame_reader(f).root().which());
}

void mutate(bytes& b, std::mt19937_64& rng) {
    const auto word = [&] { return rng() % (b.size() / 8) * 8; };
    switch (rng() % 6) {
        case 0:  // one bit
            b[rng() % b.size()] ^= std::byte{1} << (rng() % 8);
            break;
        case 1:  // one byte
            b[rng() % b.size()] = static_cast<std::byte>(rng());
            break;
        case 2:  // one word, as another one of this frame
            std::copy_n(bytes(b).begin() + static_cast<long>(word()), 8,
                        b.begin() + static_cast<long>(word()));
            break;
        case 3:  // one word, small
            b[word()] = static_cast<std::byte>(rng() % 64);
            break;
        case 4:  // shorter
            b.resize(std::max<std::size_t>(frame_header_bytes + 16, word()));
            break;
        default:  // longer
            b.resize(b.size() + 8 * (1 + rng() % 4), static_cast<std::byte>(rng()));
    }
}

// A header that fits the body's length and asks for no checksum: past it the real work begins.
void rehead(bytes& b, std::uint16_t kind, std::uint64_t era) {
    frame_header header;
    header.kind = kind;
    header.term = era;
    header.body_bytes = b.size() - frame_header_bytes;
    const auto block = write_header(header);
    std::copy(block.begin(), block.end(), b.begin());
}

}  // namespace

int main(int count, char** words) {
    const long rounds = count > 1 ? std::atol(words[1]) : 200000;
    const auto seed = count > 2 ? std::strtoull(words[2], nullptr, 10) : std::random_device{}();
    fmt::print("fuzz_frame: {} rounds, seed {}\n", rounds, seed);
    std::fflush(stdout);
    std::mt19937_64 rng(seed);
    std::vector<seed_frame> corpus;
    for (const auto& s : samples::version_1())
        corpus.push_back({kind_of(s.frame), samples::bytes(s.frame)});
    for (long i = 0; i < rounds; ++i) {
        auto [kind, b] = corpus[rng() % corpus.size()];
        for (std::uint64_t n = 1 + rng() % 4; n > 0; --n) mutate(b, rng);
        if (rng() % 8 != 0) rehead(b, kind, 5);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(b.data()), b.size());
    }
}
