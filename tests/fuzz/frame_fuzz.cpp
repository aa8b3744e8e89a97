// One input of bytes for the decoder: refused with a sentence, or readable in every field and the
// same bytes when sent on. For libFuzzer (see CMakeLists.txt) and for frame_fuzz_main.cpp.
#include <kj/string.h>

#include <cstdlib>

#include "messages/decode.hpp"
#include "messages/encode.hpp"

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slackline;
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto received = decode(bytes, {1u << 16, false}, heap_buffer);
    if (!received) {
        demand(!received.error().sentence.empty());
        return 0;
    }
    frame_reader reader(*received);
    demand(kj::str(reader.root()).size() > 0);

    const auto sent_on = encode(*received, checksum::absent);
    demand(sent_on.has_value() && sent_on->size_bytes() == size);
    std::size_t at = frame_header_bytes;  // the headers differ by the checksum
    for (const auto piece : sent_on->pieces()) {
        const auto part = piece.subspan(piece.data() == sent_on->pieces()[0].data() ? at : 0);
        if (part.empty()) continue;
        demand(std::equal(part.begin(), part.end(), bytes.begin() + static_cast<long>(at)));
        at += part.size();
    }
    demand(at == size);
    return 0;
}
