// What scripted programs print, and events of their processes. Every wait has a limit.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/child.hpp"

using words = std::vector<std::string>;

constexpr child::milliseconds patience = std::chrono::milliseconds(30'000);

/// `scripted` with these words.
words scripted(const words& arguments);

/// The next line of that event; lines of other events before it are passed over.
nlohmann::json next(child& from, const std::string& event);

/// All JSON lines of that event in an output.
std::vector<nlohmann::json> events(const std::string& out, const std::string& event);

/// How often a text has another in it.
std::size_t count(const std::string& in, const std::string& what);

/// Until that process, which need not be a child of this one, has ended, reaped or not.
void await_end(pid_t pid);

/// Stops a child of this process, and waits until it is.
void freeze(pid_t pid);
