#include "messages/decode.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cstring>

#include "messages/crc32c.hpp"
#include "messages/little_endian.hpp"
#include "messages/stream_framing.hpp"
#include "messages/validate.hpp"

namespace slackline {

namespace {

template <class... Args>
tl::unexpected<failure> malformed(fmt::format_string<Args...> cause, Args&&... args) {
    return fail(failure_code::malformed,
                fmt::format("frame: {}; close the connection to this sender",
                            fmt::format(cause, std::forward<Args>(args)...)));
}

result<void> check_sum(const frame_header& header, std::span<const std::byte> body) {
    if (header.body_crc == 0) return {};
    if (const auto found = stated_crc(crc32c(body)); found != header.body_crc)
        return fail(failure_code::checksum,
                    fmt::format("frame: its checksum says {:08x} and its {} bytes give {:08x}; it "
                                "was damaged on the way: have it sent again",
                                header.body_crc, body.size(), found));
    return {};
}

// A segment that lies where a payload may lie counts as one: sent on, it keeps its place.
result<std::vector<frame_segment>> segments_of(std::span<const std::byte> body) {
    const std::uint64_t count = std::uint64_t{load_little_endian<std::uint32_t>(body.data())} + 1;
    if (count > segments_max)
        return malformed("its table names {} segments and {} are the limit", count, segments_max);
    std::size_t offset = segment_table_bytes(count);
    if (offset > body.size())
        return malformed("the table of {} segments ends behind its {} bytes", count, body.size());
    if (count % 2 == 0 && load_little_endian<std::uint32_t>(body.data() + offset - 4) != 0)
        return malformed("the pad behind its segment table is not zero");
    std::vector<frame_segment> segments;
    segments.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto words = load_little_endian<std::uint32_t>(body.data() + 4 * (i + 1));
        if (words > (body.size() - offset) / sizeof(capnp::word) || words > segment_words_max)
            return malformed("segment {} of {} words ends behind its {} bytes", i, words,
                             body.size());
        const std::size_t bytes = words * sizeof(capnp::word);
        const bool payload = i > 0 && (frame_header_bytes + offset) % buffer_alignment_bytes == 0;
        segments.push_back({body.subspan(offset, bytes), payload});
        offset += bytes;
    }
    if (offset != body.size())
        return malformed("its segments end {} bytes before it does", body.size() - offset);
    return segments;
}

result<void> check_identity(const frame_header& header, const frame_envelope& found) {
    if (found.kind != header.kind)
        return malformed("its header says kind {} and its message is of kind {}", header.kind,
                         static_cast<std::uint16_t>(found.kind));
    if (found.era != header.term)
        return malformed("its header says term {} and its message is of era {}", header.term,
                         found.era);
    return {};
}

}  // namespace

frame_body::frame_body(frame_memory memory, std::span<std::byte> bytes)
    : memory_(std::move(memory)), bytes_(bytes) {}

// The room of the header is kept in front, so that addresses and offsets within the frame agree
// modulo the alignment.
result<frame_body> frame_body::create(const frame_header& header, const buffer_source& source) {
    auto memory = source(frame_header_bytes + header.body_bytes);
    if (memory == nullptr)
        return fail(failure_code::exhausted,
                    fmt::format("frame: there is no memory for {} bytes; lower the limits of what "
                                "is received at once",
                                header.body_bytes));
    return in(header, std::move(memory));
}

frame_body frame_body::in(const frame_header& header, frame_memory memory) {
    assert(reinterpret_cast<std::uintptr_t>(memory.get()) % buffer_alignment_bytes == 0);
    const std::span bytes(memory.get() + frame_header_bytes, header.body_bytes);
    return frame_body(std::move(memory), bytes);
}

result<frame> open_body(const frame_header& header, frame_body body) {
    assert(body.bytes_.size() == header.body_bytes && header.body_bytes >= frame_body_bytes_min);
    if (auto ok = check_sum(header, body.bytes_); !ok) return tl::unexpected(std::move(ok.error()));
    auto segments = segments_of(body.bytes_);
    if (!segments) return tl::unexpected(std::move(segments.error()));
    const auto found = validate(*segments);
    if (!found) return tl::unexpected(found.error());
    if (auto ok = check_identity(header, *found); !ok) return tl::unexpected(std::move(ok.error()));
    return frame(*found, std::move(*segments), std::move(body.memory_));
}

result<frame> decode(std::span<const std::byte> bytes, const frame_limits& limits,
                     const buffer_source& source) {
    if (bytes.size() < frame_header_bytes)
        return malformed("{} bytes are less than a header", bytes.size());
    const auto header = parse_header(bytes.first<frame_header_bytes>(), limits);
    if (!header) return tl::unexpected(header.error());
    const auto content = bytes.subspan(frame_header_bytes);
    if (content.size() != header->body_bytes)
        return malformed("{} bytes follow the header, which announces {}", content.size(),
                         header->body_bytes);
    auto body = frame_body::create(*header, source);
    if (!body) return tl::unexpected(std::move(body.error()));
    std::memcpy(body->bytes().data(), content.data(), content.size());
    return open_body(*header, std::move(*body));
}

}  // namespace slackline
