// Words of text files: the numbers they are, and how errors show them. Thread: pure; any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slackline {

/// The decimal number that the whole word is, a leading '+' allowed; none for what is no number,
/// is not finite, or lies beyond the range of a float.
std::optional<double> read_number(std::string_view word);

/// In quotes, fit for one line: unprintable bytes as '?', the end of a long word as "...".
std::string shown(std::string_view word);

}  // namespace slackline
