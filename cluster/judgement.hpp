// Whether a run that is done is also well: the last word on its account.
//
// Pure; thread: any.
#pragma once

#include <string>

#include "cluster/reporter.hpp"
#include "messages/failure.hpp"

namespace slackline {

/// An error where nothing was learnt, or where the report could not be written; `then` says what
/// is so all the same.
result<void> judge(const run_account& account, const std::string& then);

/// The standard output could not be written.
failure unheard(const std::string& why, const std::string& then);

}  // namespace slackline
