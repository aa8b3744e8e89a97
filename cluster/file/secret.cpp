#include "cluster/file/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cluster/descriptor.hpp"

namespace slackline {

namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t file_bytes_max = 4096;

tl::unexpected<failure> refused(const std::string& what, const std::string& path, int error) {
    return fail(error == ENOENT ? failure_code::not_found : failure_code::io,
                fmt::format("cannot {} the secret {}: {}; see [security] secret and who may use "
                            "its folder",
                            what, path, std::strerror(error)));
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

result<std::vector<std::byte>> from_hex(std::string text, const std::string& path) {
    while (!text.empty() && std::strchr("\r\n \t", text.back())) text.pop_back();
    const auto wrong = [&](const std::string& why) {
        return fail(failure_code::malformed,
                    fmt::format("the secret {} {}; remove it, so that a new one is made, and copy "
                                "that to every host",
                                path, why));
    };
    if (text.size() != 2 * secret_bytes)
        return wrong(fmt::format("has {} characters instead of {} hexadecimal digits", text.size(),
                                 2 * secret_bytes));
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return wrong(fmt::format("has a character at {} that is no hexadecimal digit",
                                     high < 0 ? i + 1 : i + 2));
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

result<std::string> random_hex() {
    std::array<unsigned char, secret_bytes> random{};
    if (::RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
        return fail(failure_code::io,
                    "the system gives no random bytes for the cluster's secret; see whether "
                    "/dev/urandom can be read");
    std::string hex;
    for (const auto b : random) hex += fmt::format("{:02x}", b);
    return hex;
}

result<void> write_new(const std::string& path, const std::string& content) {
    const descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd.get() < 0) return refused("make", path, errno);
    std::size_t at = 0;
    while (at < content.size()) {
        const auto n = ::write(fd.get(), content.data() + at, content.size() - at);
        if (n < 0 && errno != EINTR) return refused("write", path, errno);
        if (n > 0) at += static_cast<std::size_t>(n);
    }
    if (::fsync(fd.get()) != 0) return refused("make durable", path, errno);
    return {};
}

result<void> make_durable(const std::filesystem::path& folder) {
    const descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0)
        return refused("make durable", folder.string(), errno);
    return {};
}

// Whole under its name or not there: written beside, then linked; whoever links first wins.
result<void> make_secret(const std::string& path) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail(failure_code::io,
                    fmt::format("cannot make the folder {} for the cluster's secret: {}; make it, "
                                "or correct [security] secret",
                                folder.string(), error.message()));
    const auto secret = random_hex();
    const auto name = random_hex();
    if (!secret) return tl::unexpected(secret.error());
    if (!name) return tl::unexpected(name.error());
    const auto beside = path + "." + name->substr(0, 16);
    auto written = write_new(beside, *secret + "\n");
    const bool linked = written && ::link(beside.c_str(), path.c_str()) == 0;
    const int why = errno;
    ::unlink(beside.c_str());
    if (!written) return written;
    if (!linked && why != EEXIST) return refused("make", path, why);
    return make_durable(folder);
}

}  // namespace

result<std::vector<std::byte>> read_secret(const std::string& path) {
    const descriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (fd.get() < 0) return refused("read", path, errno);
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return refused("read", path, errno);
    if (!S_ISREG(info.st_mode))
        return fail(failure_code::usage,
                    fmt::format("the secret {} is no file; correct [security] secret", path));
    if ((info.st_mode & 077) != 0)
        return fail(failure_code::refused,
                    fmt::format("others than its owner may use the secret {}; close it: chmod 600 "
                                "{}",
                                path, path));
    std::string text(file_bytes_max, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto n = ::read(fd.get(), text.data() + size, text.size() - size);
        if (n < 0 && errno != EINTR) return refused("read", path, errno);
        if (n == 0) break;
        if (n > 0) size += static_cast<std::size_t>(n);
    }
    return from_hex(text.substr(0, size), path);
}

result<std::vector<std::byte>> read_or_make_secret(const std::string& path) {
    auto there = read_secret(path);
    if (there || there.error().code != failure_code::not_found) return there;
    if (auto made = make_secret(path); !made) return tl::unexpected(std::move(made.error()));
    return read_secret(path);
}

}  // namespace slackline
