// Why something came to nothing, as a sentence that is copied, kept and shown: so it has a bound,
// and no line ends or other control characters, whoever said it. Pure; thread: any.
#pragma once

#include <string>
#include <string_view>

namespace slackline {

constexpr std::size_t cause_bytes_max = 500;

/// The sentence where it is short enough; else its beginning and "...", together no longer than
/// the bound. UTF-8 is cut between characters; a control character becomes a space.
inline std::string short_cause(std::string_view sentence) {
    constexpr std::string_view more = "...";
    const auto inside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; };
    std::string beginning(sentence);
    if (sentence.size() > cause_bytes_max) {
        std::size_t end = cause_bytes_max - more.size();
        // A character has 4 bytes at most; what has more of these is no UTF-8.
        for (int back = 0; back < 3 && inside(sentence[end]); ++back) --end;
        beginning.resize(end);
        beginning += more;
    }
    for (auto& c : beginning)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return beginning;
}

}  // namespace slackline
