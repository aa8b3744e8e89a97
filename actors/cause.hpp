// Why something came to nothing, as a sentence that is copied and kept: so it has a bound.
// Pure; thread: any.
#pragma once

#include <string>
#include <string_view>

namespace slackline {

constexpr std::size_t cause_bytes_max = 500;

/// The sentence where it is short enough; else its beginning and "...", together no longer than
/// the bound. UTF-8 is cut between characters.
inline std::string short_cause(std::string_view sentence) {
    constexpr std::string_view more = "...";
    if (sentence.size() <= cause_bytes_max) return std::string(sentence);
    const auto inside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; };
    std::size_t end = cause_bytes_max - more.size();
    // A character has 4 bytes at most; what has more of these is no UTF-8.
    for (int back = 0; back < 3 && inside(sentence[end]); ++back) --end;
    std::string beginning(sentence.substr(0, end));
    beginning += more;
    return beginning;
}

}  // namespace slackline
