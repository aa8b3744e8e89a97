#include "cluster/data/file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace slackline {

result<std::string> read_whole_file(const std::string& path) {
    std::error_code error;
    const auto there = std::filesystem::status(path, error);
    if (there.type() == std::filesystem::file_type::not_found)
        return fail(failure_code::not_found,
                    fmt::format("{} does not exist; correct the path in [data]", path));
    if (there.type() == std::filesystem::file_type::none)
        return fail(failure_code::io, fmt::format("cannot open {}: {}; correct the path in [data]",
                                                  path, error.message()));
    if (there.type() != std::filesystem::file_type::regular)
        return fail(failure_code::usage,
                    fmt::format("{} is no file; correct the path in [data]", path));
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    if (!file)
        return fail(failure_code::io,
                    fmt::format("cannot open {}: {}; correct its permissions or the path", path,
                                std::strerror(errno)));
    std::string content;
    std::string part(1 << 20, '\0');
    for (;;) {
        const int n = gzread(file.get(), part.data(), static_cast<unsigned>(part.size()));
        int code = Z_OK;
        const char* why = gzerror(file.get(), &code);
        if (n < 0 || (code != Z_OK && code != Z_STREAM_END))
            return fail(failure_code::malformed,
                        fmt::format("{} is damaged at byte {} of its content: {}; fetch it again",
                                    path, content.size(), why));
        if (n == 0) return content;
        content.append(part.data(), static_cast<std::size_t>(n));
    }
}

result<void> read_lines(const std::string& path,
                        const std::function<result<void>(std::string_view)>& take) {
    const auto file = read_whole_file(path);
    if (!file) return tl::unexpected(file.error());
    for (std::size_t at = 0; at < file->size();) {
        const auto end = std::min(file->find('\n', at), file->size());
        if (auto r = take(std::string_view(*file).substr(at, end - at)); !r) return r;
        at = end + 1;
    }
    return {};
}

result<std::pair<std::string, std::string>> find_train_and_test(const std::string& folder) {
    namespace fs = std::filesystem;
    std::vector<std::pair<std::string, std::string>> pairs;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        auto test = entry->path();
        if (test.extension() == ".gz") test.replace_extension();
        if (test.extension() != ".t") continue;
        auto train = test.replace_extension();
        for (const auto* kind : {"", ".gz"})
            if (fs::exists(train.string() + kind, error))
                pairs.emplace_back(train.string() + kind, entry->path().string());
    }
    if (pairs.size() == 1) return pairs.front();
    return fail(failure_code::not_found,
                fmt::format("there are {} pairs of files X and X.t in {}, and there must be one; "
                            "correct data.path, or name the files with data.train and data.test",
                            pairs.size(), folder));
}

result<std::string> find_file(const std::string& folder, const std::vector<std::string>& names) {
    std::error_code error;
    for (const auto& name : names)
        if (const auto path = std::filesystem::path(folder) / name;
            std::filesystem::exists(path, error))
            return path.string();
    std::string tried;
    for (const auto& name : names) tried += (tried.empty() ? "" : ", ") + name;
    return fail(failure_code::not_found,
                fmt::format("there is none of {} in {}; correct data.path, or name the files",
                            tried, folder));
}

}  // namespace slackline
