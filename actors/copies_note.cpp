#include "actors/copies_note.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <sstream>

namespace slackline {

namespace {

template <class T>
bool take_number(const char*& at, const char* end, T& to) {
    const auto parsed = std::from_chars(at, end, to);
    if (parsed.ec != std::errc()) return false;
    at = parsed.ptr;
    return true;
}

bool take(const char*& at, const char* end, char expected) {
    if (at == end || *at != expected) return false;
    ++at;
    return true;
}

std::optional<copy_list::note> read_part(const std::string& word) {
    copy_list::note n;
    const char* at = word.data();
    const char* end = at + word.size();
    if (!take_number(at, end, n.term) || !take(at, end, ':')) return std::nullopt;
    while (at != end) {
        copy_life m;
        if (!n.members.empty() && !take(at, end, ',')) return std::nullopt;
        if (!take_number(at, end, m.copy) || !take(at, end, '=') ||
            !take_number(at, end, m.incarnation))
            return std::nullopt;
        n.members.push_back(m);
    }
    return n;
}

}  // namespace

std::string write_notes(const std::vector<copy_list::note>& parts) {
    std::vector<std::string> words;
    for (const auto& p : parts) {
        std::vector<std::string> members;
        for (const auto& m : p.members)
            members.push_back(fmt::format("{}={}", m.copy, m.incarnation));
        words.push_back(fmt::format("{}:{}", p.term, fmt::join(members, ",")));
    }
    return fmt::format("{}", fmt::join(words, " "));
}

std::optional<std::vector<copy_list::note>> read_notes(const std::string& line, std::size_t parts) {
    std::istringstream words(line);
    std::vector<copy_list::note> all;
    for (std::string word; words >> word;) {
        auto n = read_part(word);
        if (!n) return std::nullopt;
        all.push_back(std::move(*n));
    }
    if (all.size() != parts) return std::nullopt;
    return all;
}

}  // namespace slackline
