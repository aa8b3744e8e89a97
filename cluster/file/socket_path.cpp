#include "cluster/file/socket_path.hpp"

#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <span>

#include "cluster/file/private_folder.hpp"
#include "messages/crc32c.hpp"

namespace slackline {

namespace {

constexpr std::size_t path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

std::string folder(const char* runtime_dir) {
    if (runtime_dir && runtime_dir[0] == '/') return std::string(runtime_dir) + "/slackline";
    return fmt::format("/tmp/slackline-{}", ::geteuid());
}

std::uint32_t mark(const cluster_file& file) {
    auto told = std::filesystem::absolute(file.state_dir).lexically_normal().string();
    told += '\0';
    told += file.name;
    return crc32c(std::as_bytes(std::span(told)));
}

}  // namespace

result<std::string> socket_path(const cluster_file& file, const std::string& node,
                                const char* runtime_dir) {
    const auto in = folder(runtime_dir);
    auto path = fmt::format("{}/{:08x}-{}.sock", in, mark(file), node);
    if (path.size() > path_bytes_max)
        return fail(failure_code::usage,
                    fmt::format("the socket's path {} has {} bytes and may have {}; set "
                                "XDG_RUNTIME_DIR to a shorter folder",
                                path, path.size(), path_bytes_max));
    if (auto made = make_private_folder(in, ::geteuid()); !made)
        return tl::unexpected(std::move(made.error()));
    return path;
}

}  // namespace slackline
