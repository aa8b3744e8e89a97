#include "actors/checkpoint/durable_files.hpp"

namespace slackline {

namespace {

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? "" : path.substr(0, slash);
}

}  // namespace

result<void> write_durably(storage& files, const std::string& path,
                           std::span<const std::byte> content) {
    const std::string fresh = path + ".new";
    if (auto r = files.remove(fresh); !r) return r;
    auto file = files.create(fresh);
    if (!file) return tl::unexpected(file.error());
    if (auto r = (*file)->append(content); !r) return r;
    if (auto r = (*file)->sync(); !r) return r;
    if (auto r = files.rename(fresh, path); !r) return r;
    return files.sync_directory(parent_of(path));
}

result<void> make_durable_directory(storage& files, const std::string& path) {
    if (path.empty()) return {};
    if (auto r = make_durable_directory(files, parent_of(path)); !r) return r;
    const auto before = files.list(path);
    const bool fresh = !before && before.error().code == failure_code::not_found;
    if (auto r = files.make_directory(path); !r) return r;
    auto r = files.sync_directory(parent_of(path));
    if (r || !fresh) return r;
    if (const auto now = files.list(path); now && now->empty())
        static_cast<void>(files.remove(path));
    return r;
}

}  // namespace slackline
