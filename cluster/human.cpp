#include "cluster/human.hpp"

#include <fmt/format.h>

namespace slackline {

std::string human_bytes(std::uint64_t n) {
    if (n < 1000) return fmt::format("{} B", n);
    auto value = static_cast<double>(n);
    const char* unit = "B";
    for (const char* larger : {"kB", "MB", "GB", "TB"}) {
        if (value < 999.95) break;
        value /= 1000;
        unit = larger;
    }
    return fmt::format("{:.1f} {}", value, unit);
}

std::string human_age(std::int64_t seconds) {
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 120 * 60) return fmt::format("{} min", seconds / 60);
    if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} d", seconds / 86400);
}

std::optional<std::time_t> parse_utc(const std::string& text) {
    std::tm t{};
    const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &t);
    if (!end || *end != '\0') return std::nullopt;
    return timegm(&t);
}

}  // namespace slackline
