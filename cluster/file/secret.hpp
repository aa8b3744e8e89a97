// The cluster's secret: 32 random bytes that nodes and command lines prove to each other that they
// know. In a file of 64 hexadecimal digits that only its owner can read.
// Thread: any; several processes may start at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "messages/failure.hpp"

namespace slackline {

/// The 32 bytes. not_found where there is no file; refused: a file that others can read, and what
/// is not 64 hexadecimal digits.
result<std::vector<std::byte>> read_secret(const std::string& path);

/// The same; where there is no file it is made first, and its folder. Of several that make one at
/// once one wins, and all return its bytes.
result<std::vector<std::byte>> read_or_make_secret(const std::string& path);

}  // namespace slackline
