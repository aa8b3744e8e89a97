// Whole files into memory, plain or gzip, by their first bytes. Errors name file and offset.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/failure.hpp"

namespace slackline {

result<std::string> read_whole_file(const std::string& path);

/// Gives `take` each line of a file, without its '\n'; ends with its first failure.
result<void> read_lines(const std::string& path,
                        const std::function<result<void>(std::string_view)>& take);

/// The one pair of files X and X.t in `folder`, as LIBSVM's data sets are named; each plain or .gz.
result<std::pair<std::string, std::string>> find_train_and_test(const std::string& folder);

/// The first of `names` that exists in `folder`; not_found names all that were tried.
result<std::string> find_file(const std::string& folder, const std::vector<std::string>& names);

}  // namespace slackline
