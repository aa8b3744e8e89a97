#include "cluster/file/private_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace slackline {

result<void> make_private_folder(const std::string& path, ::uid_t owner) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return fail(failure_code::io, fmt::format("cannot make the folder {}: {}; see whether the "
                                                  "one above it is there and yours to write",
                                                  path, std::strerror(errno)));
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0)
        return fail(failure_code::io, fmt::format("cannot look at the folder {}: {}; see who may "
                                                  "read it",
                                                  path, std::strerror(errno)));
    if (!S_ISDIR(info.st_mode))
        return fail(failure_code::already_exists,
                    fmt::format("{} is no folder of its own; remove it", path));
    if (info.st_uid != owner)
        return fail(failure_code::refused,
                    fmt::format("the folder {} belongs to user {}, not to user {}; have it removed",
                                path, info.st_uid, owner));
    if ((info.st_mode & 077) != 0)
        return fail(failure_code::refused, fmt::format("others can enter the folder {}; close it: "
                                                       "chmod 700 {}",
                                                       path, path));
    return {};
}

}  // namespace slackline
