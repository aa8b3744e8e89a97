#include "actors/log/log_segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "messages/crc32c.hpp"
#include "messages/little_endian.hpp"

namespace slackline {

namespace {

constexpr std::uint32_t segment_magic = 0x4c574c53;  // "SLWL"
constexpr std::uint16_t segment_version = 1;
constexpr std::size_t oldest_at = 28;

template <class T>
void put(bytes& to, T value) {
    to.resize(to.size() + sizeof value);
    store_little_endian(to.data() + to.size() - sizeof value, value);
}

void put_identity(bytes& to, const log_identity& id) {
    put(to, static_cast<std::uint16_t>(id.of.role));
    put(to, static_cast<std::uint16_t>(id.of.index));
    put(to, id.of.copy);
    put(to, id.run);
}

// What the checksum of every head in this log begins with.
std::uint32_t seed_of(const log_identity& id) {
    bytes whose;
    put_identity(whose, id);
    return crc32c(whose);
}

std::uint32_t head_checksum(std::uint32_t seed, std::span<const std::byte> head) {
    return crc32c(head.first(record_head_bytes - 4), seed);
}

std::optional<record_head> read_head(std::uint32_t seed, std::span<const std::byte> at) {
    if (at.size() < record_head_bytes) return std::nullopt;
    const auto* b = at.data();
    if (load_little_endian<std::uint32_t>(b + record_head_bytes - 4) != head_checksum(seed, at))
        return std::nullopt;
    return record_head{
        load_little_endian<std::uint64_t>(b), load_little_endian<std::uint64_t>(b + 8),
        load_little_endian<std::uint32_t>(b + 16), load_little_endian<std::uint32_t>(b + 20)};
}

// The payload of the record at `at`, where all of it checks.
std::optional<std::span<const std::byte>> read_record(std::uint32_t seed,
                                                      std::span<const std::byte> at,
                                                      std::uint64_t position) {
    const auto head = read_head(seed, at);
    if (!head || head->position != position) return std::nullopt;
    const auto rest = at.subspan(record_head_bytes);
    const std::size_t n = head->payload_bytes;
    if (n == 0 || rest.size() < n + record_pad_bytes(n)) return std::nullopt;
    if (crc32c(rest.first(n)) != head->payload_crc) return std::nullopt;
    const auto pad = rest.subspan(n, record_pad_bytes(n));
    if (std::any_of(pad.begin(), pad.end(), [](std::byte b) { return b != std::byte{}; }))
        return std::nullopt;
    return rest.first(n);
}

// Whether a record that lies behind says that `position` was durable before it was written. What
// only looks like a head would have a position that cannot be there.
bool was_durable(std::uint32_t seed, std::span<const std::byte> behind, std::uint64_t position) {
    const auto positions = behind.size() / record_head_bytes;
    for (; behind.size() >= record_head_bytes; behind = behind.subspan(record_alignment_bytes))
        if (const auto head = read_head(seed, behind);
            head && head->position - position <= positions && head->durable > position &&
            head->durable <= head->position)
            return true;
    return false;
}

tl::unexpected<failure> damaged(const std::string& path, std::size_t at, const char* what) {
    return fail(failure_code::checksum,
                fmt::format("{} is damaged at byte {}: {}; restore the file, or go on from the "
                            "newest checkpoint without the log",
                            path, at, what));
}

}  // namespace

std::size_t record_pad_bytes(std::size_t payload_bytes) {
    return (record_alignment_bytes - payload_bytes % record_alignment_bytes) %
           record_alignment_bytes;
}

bytes segment_head(const log_identity& id, std::uint64_t first, std::uint64_t oldest) {
    bytes head;
    put(head, segment_magic);
    put(head, segment_version);
    put_identity(head, id);
    put(head, first);
    put(head, oldest);
    put(head, crc32c(head));
    return head;
}

bytes make_record_head(const log_identity& id, std::uint64_t position, std::uint64_t durable,
                       std::span<const std::span<const std::byte>> payload) {
    std::size_t n = 0;
    std::uint32_t crc = crc32c({});
    for (const auto& piece : payload) {
        n += piece.size();
        crc = crc32c(piece, crc);
    }
    bytes head;
    put(head, position);
    put(head, durable);
    put(head, static_cast<std::uint32_t>(n));
    put(head, crc);
    head.resize(record_head_bytes);
    store_little_endian(head.data() + record_head_bytes - 4, head_checksum(seed_of(id), head));
    return head;
}

result<segment_content> read_segment(const std::string& path, bytes file, const log_identity& id,
                                     std::uint64_t first) {
    segment_content found;
    const auto memory = std::make_shared<const bytes>(std::move(file));
    const std::span all(*memory);
    if (all.size() >= segment_head_bytes)
        found.oldest = load_little_endian<std::uint64_t>(all.data() + oldest_at);
    const auto head = segment_head(id, first, found.oldest);
    if (all.size() < head.size() || std::memcmp(all.data(), head.data(), head.size()) != 0)
        return damaged(path, 0, "it does not begin as a segment of this log");
    const auto seed = seed_of(id);
    std::size_t at = segment_head_bytes;
    std::uint64_t position = first;
    for (; at < all.size(); ++position) {
        const auto payload = read_record(seed, all.subspan(at), position);
        if (!payload) break;
        found.part.records.push_back({position, *payload});
        at += record_head_bytes + payload->size() + record_pad_bytes(payload->size());
    }
    if (at < all.size() && was_durable(seed, all.subspan(at), position))
        return damaged(path, at, "the record there does not check, and was whole once");
    found.part.memory = memory;
    found.whole_bytes = at;
    return found;
}

}  // namespace slackline
