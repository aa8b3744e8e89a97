// What encode and decode both know of Cap'n Proto's stream framing and of this project's use.
//
// The framing: u32 number of segments less one, u32 words of each segment, zeros up to a multiple
// of 8 bytes, then the segments. Source: capnproto.org/encoding.html, "Serialization Over a
// Stream".
#pragma once

#include <cstddef>
#include <cstdint>

namespace slackline {

/// Cap'n Proto's own limit: offsets within a segment have 29 bits.
constexpr std::uint64_t segment_words_max = (1u << 29) - 1;

/// More segments are refused, as by Cap'n Proto's own stream reader; a frame is then no more than
/// 1024 pieces, what one writev takes.
constexpr std::size_t segments_max = 512;

constexpr std::size_t segment_table_bytes(std::size_t segments) {
    return (4 * (segments + 1) + 7) / 8 * 8;
}

/// A checksum as it stands in a header, where 0 means absent.
constexpr std::uint32_t stated_crc(std::uint32_t crc) {
    return crc == 0 ? 0xFFFFFFFFu : crc;
}

}  // namespace slackline
