#include "cluster/data/word.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace slackline {

std::optional<double> read_number(std::string_view word) {
    if (word.starts_with('+') && !word.starts_with("+-")) word.remove_prefix(1);
    double value = 0;
    const auto* end = word.data() + word.size();
    const auto read = std::from_chars(word.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    if (!(std::fabs(value) <= std::numeric_limits<float>::max())) return std::nullopt;
    return value;
}

std::string shown(std::string_view word) {
    constexpr std::size_t bytes_max = 40;
    std::string text(word.substr(0, bytes_max));
    for (auto& c : text)
        if (c < ' ' || c > '~') c = '?';
    return "'" + text + (word.size() > bytes_max ? "...'" : "'");
}

}  // namespace slackline
