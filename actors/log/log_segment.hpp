// The bytes of a write-ahead log: segments, and records in them. docs/formats.md has the grammar.
//
// A record's checksums cover whose log it is of and which position it has, so that no record passes
// for another. Its head says how far the log was durable when it was written: what does not check
// and lies below that is damage, and no write that a crash cut short.
// Pure; thread: any.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "actors/storage.hpp"
#include "messages/frame.hpp"

namespace slackline {

constexpr std::size_t segment_head_bytes = 40;
constexpr std::size_t record_head_bytes = 32;
constexpr std::size_t record_alignment_bytes = 8;

/// Whose log it is.
struct log_identity {
    std::uint64_t run = 0;
    address of;
    bool operator==(const log_identity&) const = default;
};

struct record_head {
    std::uint64_t position = 0;
    std::uint64_t durable = 0;  ///< every position below was durable when this was written
    std::uint32_t payload_bytes = 0;
    std::uint32_t payload_crc = 0;
};

struct log_record {
    std::uint64_t position = 0;
    std::span<const std::byte> payload;
};

/// Consecutive records, in memory of their own.
struct log_part {
    std::shared_ptr<const bytes> memory;
    std::vector<log_record> records;
};

/// The head of the segment whose first record has position `first`. Segments that begin below
/// `oldest` were not needed any more when it was written.
bytes segment_head(const log_identity& id, std::uint64_t first, std::uint64_t oldest = 0);

/// A record's head. `payload` is what follows it, in pieces, before zeros up to the alignment.
bytes make_record_head(const log_identity& id, std::uint64_t position, std::uint64_t durable,
                       std::span<const std::span<const std::byte>> payload);

std::size_t record_pad_bytes(std::size_t payload_bytes);

struct segment_content {
    log_part part;
    std::uint64_t oldest = 0;     ///< as its head says
    std::size_t whole_bytes = 0;  ///< of the file, up to the end of the last record that checks
};

/// What the file of a segment holds from its first record to the first that does not check.
/// Checksum, with the place: the head does not check, or the record that does not is damaged, as
/// those behind it tell.
result<segment_content> read_segment(const std::string& path, bytes file, const log_identity& id,
                                     std::uint64_t first);

}  // namespace slackline
