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

// Zero bytes to add to a segment that ends at `offset` in the frame, so that the next starts where
// it must.
std::size_t pad_of(std::span<const frame_segment> segments, std::size_t i, std::size_t offset) {
    if (i + 1 == segments.size() || !segments[i + 1].payload) return 0;
    return (zeros.size() - offset % zeros.size()) % zeros.size();
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

}  // namespace

std::size_t encoded_frame::size_bytes() const {
    std::size_t sum = 0;
    for (const auto& p : pieces_) sum += p.size();
    return sum;
}

result<encoded_frame> encode(const frame& f, checksum body) {
    const auto segments = f.segments();
    if (auto ok = check(segments); !ok) return tl::unexpected(std::move(ok.error()));
    encoded_frame to;
    to.frame_ = f;
    std::size_t offset = frame_header_bytes + segment_table_bytes(segments.size());
    to.front_.resize(offset);
    std::byte* table = to.front_.data() + frame_header_bytes;
    store_little_endian(table, static_cast<std::uint32_t>(segments.size() - 1));
    to.pieces_.reserve(1 + 2 * segments.size());
    to.pieces_.push_back(to.front_);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto& bytes = segments[i].bytes;
        const auto pad = pad_of(segments, i, offset + bytes.size());
        to.pieces_.push_back(bytes);
        if (pad > 0) to.pieces_.push_back(std::span(zeros).first(pad));
        const auto words = static_cast<std::uint32_t>((bytes.size() + pad) / sizeof(capnp::word));
        store_little_endian(table + 4 * (i + 1), words);
        offset += bytes.size() + pad;
    }

    frame_header header;
    header.kind = static_cast<std::uint16_t>(f.envelope().kind);
    header.term = f.envelope().era;
    header.body_bytes = offset - frame_header_bytes;
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
