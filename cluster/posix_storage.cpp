#include "cluster/posix_storage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cluster/descriptor.hpp"

namespace slackline {

namespace {

namespace fs = std::filesystem;

tl::unexpected<failure> refused(const std::string& what, const std::string& path, int error) {
    const auto code = error == ENOENT   ? failure_code::not_found
                      : error == EEXIST ? failure_code::already_exists
                                        : failure_code::io;
    return fail(code, fmt::format("{} {}: {}", what, path, std::strerror(error)));
}

class posix_file : public storage_file {
public:
    posix_file(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

    result<void> append(std::span<const std::byte> data) override {
        while (!data.empty()) {
            const auto n = ::write(fd_.get(), data.data(), data.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return refused("cannot write", path_, errno);
            data = data.subspan(static_cast<std::size_t>(n));
        }
        return {};
    }

    result<void> sync() override {
        if (::fsync(fd_.get()) != 0) return refused("cannot make durable", path_, errno);
        return {};
    }

private:
    descriptor fd_;
    std::string path_;
};

// Of the machine. Nothing that is longer can be read at once; and where memory is promised beyond
// what there is, to try would end the process.
std::uint64_t memory_bytes() {
    return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
           static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

result<void> sync_folder(const std::string& path) {
    const descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return refused("cannot open the folder", path, errno);
    if (::fsync(fd.get()) != 0) return refused("cannot make durable", path, errno);
    return {};
}

}  // namespace

std::string posix_storage::full(const std::string& path) const {
    return path.empty() ? root_ : root_ + "/" + path;
}

result<std::unique_ptr<storage_file>> posix_storage::create(const std::string& path) {
    const int fd = ::open(full(path).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return refused("cannot create", full(path), errno);
    return std::make_unique<posix_file>(fd, full(path));
}

result<bytes> posix_storage::read(const std::string& path) {
    const descriptor fd(::open(full(path).c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) return refused("cannot open", full(path), errno);
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return refused("cannot read", full(path), errno);
    const auto length = static_cast<std::uint64_t>(info.st_size);
    if (length > memory_bytes())
        return fail(failure_code::io,
                    fmt::format("cannot read {}: it has {} bytes, and this machine's memory {}; it "
                                "is no file of this program's, or damaged",
                                full(path), length, memory_bytes()));
    bytes content(static_cast<std::size_t>(length));
    std::size_t at = 0;
    while (at < content.size()) {
        const auto n = ::read(fd.get(), content.data() + at, content.size() - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refused("cannot read", full(path), errno);
        if (n == 0) break;
        at += static_cast<std::size_t>(n);
    }
    content.resize(at);
    return content;
}

result<std::uint64_t> posix_storage::size(const std::string& path) {
    std::error_code error;
    const auto n = fs::file_size(full(path), error);
    if (error) return refused("cannot measure", full(path), error.value());
    return n;
}

result<void> posix_storage::rename(const std::string& from, const std::string& to) {
    if (::rename(full(from).c_str(), full(to).c_str()) != 0)
        return refused("cannot rename", full(from), errno);
    return {};
}

result<void> posix_storage::make_directory(const std::string& path) {
    if (auto r = make_root(); !r) return r;
    std::error_code error;
    fs::create_directories(full(path), error);
    if (error) return refused("cannot create the folder", full(path), error.value());
    return {};
}

// Every folder that is missing down to the root, each durable in the one above it. A root that is
// there may have been made by a process that died before it was durable; in a folder that this one
// may not even read, it was made by others.
result<void> posix_storage::make_root() const {
    std::vector<fs::path> missing;
    std::error_code error;
    auto root = fs::absolute(root_).lexically_normal();
    if (!root.has_filename()) root = root.parent_path();
    for (auto p = root; !fs::exists(p, error); p = p.parent_path()) missing.push_back(p);
    const auto above = root.parent_path().string();
    if (missing.empty() && ::access(above.c_str(), R_OK) == 0) return sync_folder(above);
    for (auto p = missing.rbegin(); p != missing.rend(); ++p) {
        fs::create_directory(*p, error);
        if (error) return refused("cannot create the folder", p->string(), error.value());
        if (auto r = sync_folder(p->parent_path().string()); !r) return r;
    }
    return {};
}

result<void> posix_storage::sync_directory(const std::string& path) {
    return sync_folder(full(path));
}

result<std::vector<std::string>> posix_storage::list(const std::string& path) {
    std::error_code error;
    std::vector<std::string> names;
    for (auto entry = fs::directory_iterator(full(path), error);
         !error && entry != fs::directory_iterator(); entry.increment(error))
        names.push_back(entry->path().filename().string());
    if (error) return refused("cannot list", full(path), error.value());
    std::sort(names.begin(), names.end());
    return names;
}

result<void> posix_storage::remove(const std::string& path) {
    std::error_code error;
    fs::remove_all(full(path), error);
    if (error) return refused("cannot remove", full(path), error.value());
    return {};
}

result<std::shared_ptr<void>> posix_storage::lock(const std::string& path) {
    const auto place = full(path);
    auto fd =
        std::make_shared<descriptor>(::open(place.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (fd->get() < 0) return refused("cannot lock", place, errno);
    if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0)
        return fail(failure_code::already_exists,
                    fmt::format("{} is held by process {}; wait for it, stop it, or choose another "
                                "[checkpoint] dir",
                                place, holder(path)));
    const auto pid = fmt::format("{}", ::getpid());
    if (::ftruncate(fd->get(), 0) != 0 ||
        ::pwrite(fd->get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return refused("cannot write", place, errno);
    return std::shared_ptr<void>(std::move(fd));
}

std::string posix_storage::holder(const std::string& path) {
    const auto content = read(path);
    if (!content) return "";
    return {reinterpret_cast<const char*>(content->data()), content->size()};
}

}  // namespace slackline
