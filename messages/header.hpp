// The 32 bytes in front of every frame, on a socket and in a file.
//
//   offset  0  magic u32          "SLAK"
//           4  version u16        of the protocol
//           6  kind u16           which member of the union in wire::Message
//           8  term u64           the message's era
//          16  length u64         bytes behind the header, a multiple of 8
//          24  header crc u32     CRC32C over bytes 0..23 and 28..31
//          28  body crc u32       CRC32C over the `length` bytes; 0: absent
//
// All little-endian. Magic and version keep their place in every version to come.
// Pure; thread: any. Nothing is allocated before a header was parsed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "messages/failure.hpp"

namespace slackline {

constexpr std::uint32_t frame_magic = 0x4B414C53;  // "SLAK" as bytes
constexpr std::uint16_t protocol_version_min = 1;
constexpr std::uint16_t protocol_version = 1;
constexpr std::size_t frame_header_bytes = 32;

/// A body is a segment table and one segment with its root pointer at least.
constexpr std::uint64_t frame_body_bytes_min = 16;

struct frame_header {
    std::uint16_t version = protocol_version;
    std::uint16_t kind = 0;
    std::uint64_t term = 0;
    std::uint64_t body_bytes = 0;
    std::uint32_t body_crc = 0;  ///< 0: absent
    bool operator==(const frame_header&) const = default;
};

/// What a receiver takes; a peer that is not known yet is given little.
struct frame_limits {
    std::uint64_t body_bytes_max;
    bool checksum_required;  ///< on TCP and on disk
};

using frame_header_block = std::array<std::byte, frame_header_bytes>;

frame_header_block write_header(const frame_header& header);

/// Refuses, in this order: another magic, a version out of range, a damaged header, an unknown
/// kind, a length that no frame can have or that is above the limit, a missing checksum.
result<frame_header> parse_header(std::span<const std::byte, frame_header_bytes> bytes,
                                  const frame_limits& limits);

}  // namespace slackline
