// A result of the user's own naming, written whole or not at all.
#pragma once

#include <span>
#include <string>

#include "messages/failure.hpp"

namespace slackline {

/// Writes beside `path` and renames, durably. already_exists where the file is there, without
/// `force`.
result<void> write_whole_file(const std::string& path, std::span<const std::byte> content,
                              bool force);

}  // namespace slackline
