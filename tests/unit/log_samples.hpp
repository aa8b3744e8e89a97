// A small log for tests: segments of 256 bytes, records whose content tells which they are.
#pragma once

#include <random>

#include "actors/log/write_ahead_log.hpp"
#include "tests/sim/sim_storage.hpp"
#include "tests/unit/storage_contract.hpp"

namespace slackline {

inline const std::string sample_folder = "run/log/shard-3";
inline const log_identity sample_log{7, {role::SHARD, 3}};
constexpr std::uint64_t sample_segment_bytes = 256;

inline result<write_ahead_log> open_sample(storage& disk, std::uint64_t kept_from = 0) {
    return write_ahead_log::open(disk, sample_folder, sample_log, kept_from,
                                 sample_segment_bytes);
}

inline bytes sample_record(std::uint64_t position, std::size_t n) {
    std::mt19937_64 random(position * 1'000'003 + n);
    bytes b(n);
    for (auto& one : b) one = static_cast<std::byte>(random());
    return b;
}

/// Appended in three pieces, the first and the last of which may be empty.
inline result<std::uint64_t> append_pieces(write_ahead_log& log, const bytes& record) {
    const std::span all(record);
    const std::vector<std::span<const std::byte>> pieces{
        all.first(all.size() / 3), all.subspan(all.size() / 3, all.size() / 2),
        all.subspan(all.size() / 3 + all.size() / 2)};
    return log.append(pieces);
}

}  // namespace slackline
