// A folder that nobody but its owner can enter.
#pragma once

#include <sys/types.h>

#include <string>

#include "messages/failure.hpp"

namespace slackline {

/// Makes the folder (not those above it) where there is none. Refused: what is no folder, belongs
/// to somebody else than `owner`, or lets others in.
result<void> make_private_folder(const std::string& path, ::uid_t owner);

}  // namespace slackline
