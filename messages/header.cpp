#include "messages/header.hpp"

#include <capnp/schema.h>
#include <fmt/format.h>
#include <messages/slackline.capnp.h>

#include "messages/crc32c.hpp"
#include "messages/little_endian.hpp"

namespace slackline {

namespace {

constexpr std::size_t crc_at = 24;
constexpr std::size_t behind_crc = 28;

std::uint32_t checksum_of(std::span<const std::byte, frame_header_bytes> bytes) {
    return crc32c(bytes.subspan(behind_crc), crc32c(bytes.first(crc_at)));
}

unsigned kinds_known() {
    return capnp::Schema::from<wire::Message>().getUnionFields().size();
}

result<frame_header> checked(const frame_header& h, const frame_limits& limits) {
    if (h.kind >= kinds_known())
        return fail(
            failure_code::malformed,
            fmt::format("frame header: kind {} is unknown, {} are known; let both sides run "
                        "the same version",
                        h.kind, kinds_known()));
    if (h.body_bytes < frame_body_bytes_min || h.body_bytes % 8 != 0)
        return fail(
            failure_code::malformed,
            fmt::format("frame header: a length of {} bytes is not that of a message; close "
                        "the connection to this sender",
                        h.body_bytes));
    if (h.body_bytes > limits.body_bytes_max)
        return fail(failure_code::exhausted,
                    fmt::format("frame header: {} bytes are announced and {} are the limit here; "
                                "send less at once or raise the limit",
                                h.body_bytes, limits.body_bytes_max));
    if (limits.checksum_required && h.body_crc == 0)
        return fail(failure_code::checksum,
                    "frame header: the body's checksum is absent and required here; let the sender "
                    "add it");
    return h;
}

}  // namespace

frame_header_block write_header(const frame_header& header) {
    frame_header_block bytes{};
    store_little_endian(bytes.data(), frame_magic);
    store_little_endian(bytes.data() + 4, header.version);
    store_little_endian(bytes.data() + 6, header.kind);
    store_little_endian(bytes.data() + 8, header.term);
    store_little_endian(bytes.data() + 16, header.body_bytes);
    store_little_endian(bytes.data() + behind_crc, header.body_crc);
    store_little_endian(bytes.data() + crc_at, checksum_of(bytes));
    return bytes;
}

result<frame_header> parse_header(std::span<const std::byte, frame_header_bytes> bytes,
                                  const frame_limits& limits) {
    const std::byte* at = bytes.data();
    if (const auto magic = load_little_endian<std::uint32_t>(at); magic != frame_magic)
        return fail(failure_code::malformed,
                    fmt::format("frame header: it begins with {:08x} where {:08x} belongs; this is "
                                "no frame of Slackline: check the address or the file",
                                magic, frame_magic));
    frame_header h;
    h.version = load_little_endian<std::uint16_t>(at + 4);
    if (h.version < protocol_version_min || h.version > protocol_version)
        return fail(failure_code::mismatch,
                    fmt::format("frame header: protocol version {} is not between {} and {}; let "
                                "both sides run the same version",
                                h.version, protocol_version_min, protocol_version));
    const auto stated = load_little_endian<std::uint32_t>(at + crc_at);
    if (const auto found = checksum_of(bytes); found != stated)
        return fail(failure_code::checksum,
                    fmt::format("frame header: its checksum says {:08x} and its bytes give {:08x}; "
                                "it was damaged on the way: have it sent again",
                                stated, found));
    h.kind = load_little_endian<std::uint16_t>(at + 6);
    h.term = load_little_endian<std::uint64_t>(at + 8);
    h.body_bytes = load_little_endian<std::uint64_t>(at + 16);
    h.body_crc = load_little_endian<std::uint32_t>(at + behind_crc);
    return checked(h, limits);
}

}  // namespace slackline
