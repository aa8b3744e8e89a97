// Sizes, ages and dates as people read them. Pure.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

namespace slackline {

/// "812 B", "1.2 MB": powers of 1000.
std::string human_bytes(std::uint64_t n);

/// "12 s", "5 min", "3 h", "2 d".
std::string human_age(std::int64_t seconds);

/// Seconds since 1970 of "2026-01-31T12:00:00Z"; nothing where it is no such text.
std::optional<std::time_t> parse_utc(const std::string& text);

}  // namespace slackline
