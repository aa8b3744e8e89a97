// What is said of a command line that cannot be followed.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace slackline {

/// One sentence: what is wrong with the command line that `app` refused, and what to write.
std::string wrong_usage(const CLI::App& app, const CLI::ParseError& why);

}  // namespace slackline
