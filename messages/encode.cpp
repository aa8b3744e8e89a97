#include "messages/encode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "messages/buffer_source.hpp"
#include "messages/crc32c.hpp"
#include "messages/header.hpp"
#include "messages/little_endian.hpp"
#include "messages/stream_framing.hpp"

namespace slackline {

namespace {

constexpr std::array<std::byte, buffer_alignment_bytes> zeros{};

// Zero bytes to add to each segment, so that a payload behind it starts where it must.
std::vector<std::size_t> pads_of(std::span<const frame_segment> segments) {
    std::vector<std::size_t> pads(segments.size(), 0);
    std::size_t offset = frame_header_bytes + segment_table_bytes(segments.size());
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i].payload) {
            pads[i - 1] = (zeros.size() - offset % zeros.size()) % zeros.size();
            offset += pads[i - 1];
        }
        offset += segments[i].bytes.size();
    }
    return pads;
}

result<void> check(std::span<const frame_segment> segments) {
    assert(!segments.empty() && !segments.front().payload);
    if (segments.size() > segments_max)
        return fail(failure_code::exhausted,
                    fmt::format("frame: {} segments are more than the {} that fit one frame; send "
                                "its payloads in several messages",
                                segments.size(), segments_max));
    for (const auto& s : segments) {
        assert(s.bytes.size() % sizeof(capnp::word) == 0);
        if (s.bytes.size() + zeros.size() > segment_words_max * sizeof(capnp::word))
            return fail(failure_code::exhausted,
                        fmt::format("frame: a segment of {} bytes is too long; attach the payload "
                                    "in chunks",
                                    s.bytes.size()));
    }
    return {};
}

void store_table(std::byte* at, std::span<const frame_segment> segments,
                 std::span<const std::size_t> pads) {
    store_little_endian(at, static_cast<std::uint32_t>(segments.size() - 1));
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const std::size_t words = (segments[i].bytes.size() + pads[i]) / sizeof(capnp::word);
        store_little_endian(at + 4 * (i + 1), static_cast<std::uint32_t>(words));
    }
}

}  // namespace

std::size_t encoded_frame::size_bytes() const {
    std::size_t sum = 0;
    for (const auto& p : pieces_) sum += p.size();
    return sum;
}

result<encoded_frame> encode(const frame& f, checksum body) {
    const auto segments = f.segments();
    if (auto ok = check(segments); !ok) return tl::unexpected(std::move(ok.error()));
    const auto pads = pads_of(segments);

    encoded_frame to;
    to.frame_ = f;
    to.front_.resize(frame_header_bytes + segment_table_bytes(segments.size()));
    store_table(to.front_.data() + frame_header_bytes, segments, pads);
    to.pieces_.reserve(1 + 2 * segments.size());
    to.pieces_.push_back(to.front_);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        to.pieces_.push_back(segments[i].bytes);
        if (pads[i] > 0) to.pieces_.push_back(std::span(zeros).first(pads[i]));
    }

    frame_reader reader(f);
    frame_header header;
    header.kind = static_cast<std::uint16_t>(reader.root().which());
    header.term = reader.root().getEra();
    header.body_bytes = to.size_bytes() - frame_header_bytes;
    if (body == checksum::present) {
        std::uint32_t crc = crc32c(std::span(to.front_).subspan(frame_header_bytes));
        for (const auto& piece : std::span(to.pieces_).subspan(1)) crc = crc32c(piece, crc);
        header.body_crc = stated_crc(crc);
    }
    const auto block = write_header(header);
    std::copy(block.begin(), block.end(), to.front_.begin());
    return to;
}

}  // namespace slackline
