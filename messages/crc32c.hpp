// CRC32C (Castagnoli, as in iSCSI and RFC 3720), the checksum of everything that leaves a process.
//
// Thread: any. The work is ISA-L's, which picks the processor's instructions at run time and has
// a table for processors without any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace slackline {

/// The checksum of `data` behind bytes whose checksum is `seed`:
/// crc32c(b, crc32c(a)) == crc32c(ab). The checksum of no bytes is 0.
std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t seed = 0);

}  // namespace slackline
