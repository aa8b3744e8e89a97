#include "cluster/whole_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "actors/checkpoint/durable_files.hpp"
#include "cluster/posix_storage.hpp"

namespace slackline {

result<void> write_whole_file(const std::string& path, std::span<const std::byte> content,
                              bool force) {
    namespace fs = std::filesystem;
    std::error_code error;
    const auto place = fs::absolute(path, error);
    if (!fs::is_directory(place.parent_path(), error))
        return fail(failure_code::usage,
                    fmt::format("there is no folder {}; make it, or correct --to",
                                place.parent_path().string()));
    if (fs::is_directory(place, error))
        return fail(failure_code::usage, fmt::format("{} is a folder; name a file", path));
    if (!force && fs::exists(fs::symlink_status(place, error)))
        return fail(failure_code::already_exists,
                    fmt::format("{} exists; replace it with --force, or name another file", path));
    posix_storage files(place.parent_path().string());
    return write_durably(files, place.filename().string(), content);
}

}  // namespace slackline
