#include "cluster/file/secret.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <set>
#include <thread>

#include "tests/catch.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;

namespace {

constexpr int starters = 8;
constexpr unsigned starter_limit_s = 60;
const std::string digits = "00ff10a5" + std::string(54, '7') + "Ab";

std::string put(const scratch_folder& folder, const std::string& content, ::mode_t mode = 0600) {
    auto path = folder.put("secret", content);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const std::string& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

void check(const std::string& path, failure_code code, const std::string& sentence) {
    for (const auto& read : {read_secret(path), read_or_make_secret(path)}) {
        REQUIRE_FALSE(read);
        CHECK((read.error().code == code));
        CHECK(read.error().sentence == sentence);
    }
}

// Reads or makes it as soon as `go` is closed, and passes the bytes on; in a process of its own.
[[noreturn]] void start_process(const std::string& path, int go, int out) {
    ::alarm(starter_limit_s);
    char none = 0;
    if (::read(go, &none, 1) != 0) ::_exit(3);
    const auto secret = read_or_make_secret(path);
    if (!secret) ::_exit(1);
    const auto sent = ::write(out, secret->data(), secret->size());
    ::_exit(sent == static_cast<ssize_t>(secret->size()) ? 0 : 2);
}

}  // namespace

TEST_CASE("a secret is made at the first start and read at every later one", "[cluster][file]") {
    const scratch_folder folder;
    const auto path = folder.path("state/deep/secret");
    const auto made = read_or_make_secret(path);
    REQUIRE(made);
    CHECK(made->size() == 32);

    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK(content(path).size() == 65);
    CHECK(content(path).find_first_not_of("0123456789abcdef") == 64);
    CHECK(files_in(folder.path("state/deep")) == 1);

    const auto again = read_or_make_secret(path);
    REQUIRE(again);
    CHECK((*again == *made));
    const auto read = read_secret(path);
    REQUIRE(read);
    CHECK((*read == *made));

    const auto other = read_or_make_secret(folder.path("other"));
    REQUIRE(other);
    CHECK((*other != *made));
}

TEST_CASE("a secret is its digits, with or without white space behind them", "[cluster][file]") {
    const scratch_folder folder;
    for (const char* end : {"", "\n", "\r\n", " \n\n"}) {
        const auto read = read_secret(put(folder, digits + end, 0400));
        REQUIRE(read);
        REQUIRE(read->size() == 32);
        CHECK((*read)[0] == std::byte{0x00});
        CHECK((*read)[1] == std::byte{0xff});
        CHECK((*read)[2] == std::byte{0x10});
        CHECK((*read)[3] == std::byte{0xa5});
        for (std::size_t i = 4; i < 31; ++i) CHECK((*read)[i] == std::byte{0x77});
        CHECK((*read)[31] == std::byte{0xab});
    }
}

TEST_CASE("a secret that is only read is not made", "[cluster][file]") {
    const scratch_folder folder;
    const auto read = read_secret(folder.path("secret"));
    REQUIRE_FALSE(read);
    CHECK((read.error().code == failure_code::not_found));
    CHECK(read.error().sentence.starts_with("cannot read the secret " + folder.path("secret")));
    CHECK_FALSE(std::filesystem::exists(folder.path("secret")));
}

TEST_CASE("a secret that others may use is refused", "[cluster][file]") {
    const scratch_folder folder;
    for (const ::mode_t mode : {0640, 0604, 0620, 0601, 0666, 0644}) {
        const auto path = put(folder, digits, mode);
        check(path, failure_code::refused,
              "others than its owner may use the secret " + path + "; close it: chmod 600 " + path);
        CHECK(content(path) == digits);
    }
}

TEST_CASE("a damaged secret is refused and left as it is", "[cluster][file]") {
    const scratch_folder folder;
    const std::string remedy =
        "; remove it, so that a new one is made, and copy that to every host";
    for (const std::size_t size : {0u, 1u, 62u, 63u, 65u, 66u, 4000u}) {
        const std::string damaged(size, 'a');
        const auto path = put(folder, damaged);
        check(path, failure_code::malformed,
              "the secret " + path + " has " + std::to_string(size) +
                  " characters instead of 64 hexadecimal digits" + remedy);
        CHECK(content(path) == damaged);
    }
    for (std::size_t at = 0; at < digits.size(); ++at) {
        auto damaged = digits;
        damaged[at] = 'g';
        const auto path = put(folder, damaged);
        check(path, failure_code::malformed,
              "the secret " + path + " has a character at " + std::to_string(at + 1) +
                  " that is no hexadecimal digit" + remedy);
    }
}

TEST_CASE("what is no file of its own is no secret", "[cluster][file]") {
    const scratch_folder folder;
    const auto pipe = folder.path("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::filesystem::create_directory(folder.path("folder"));
    for (const auto& path : {pipe, folder.path("folder")})
        check(path, failure_code::usage,
              "the secret " + path + " is no file; correct [security] secret");
}

TEST_CASE("a secret whose folder cannot be made is refused", "[cluster][file]") {
    const scratch_folder folder;
    folder.put("file", "in the way");
    const auto below = read_or_make_secret(folder.path("file") + "/secret");
    REQUIRE_FALSE(below);
    CHECK((below.error().code == failure_code::io));
    CHECK(below.error().sentence.find(folder.path("file")) != std::string::npos);

    std::filesystem::create_symlink(folder.path("nowhere"), folder.path("hanging"));
    const auto deep = read_or_make_secret(folder.path("hanging") + "/secret");
    REQUIRE_FALSE(deep);
    CHECK((deep.error().code == failure_code::io));
    CHECK(deep.error().sentence.starts_with("cannot make the folder " + folder.path("hanging")));

    const auto hanging = read_or_make_secret(folder.path("hanging"));
    REQUIRE_FALSE(hanging);
    CHECK((hanging.error().code == failure_code::not_found));
}

TEST_CASE("threads that start at once have one secret", "[cluster][file]") {
    const scratch_folder folder;
    const auto path = folder.path("state/secret");
    std::latch all(starters);
    std::array<result<std::vector<std::byte>>, starters> secrets;
    std::vector<std::thread> threads;
    for (auto& secret : secrets)
        threads.emplace_back([&] {
            all.arrive_and_wait();
            secret = read_or_make_secret(path);
        });
    for (auto& t : threads) t.join();
    for (const auto& secret : secrets) {
        REQUIRE(secret);
        CHECK((*secret == *secrets[0]));
        CHECK(secret->size() == 32);
    }
    CHECK(files_in(folder.path("state")) == 1);
}

TEST_CASE("processes that start at once have one secret", "[cluster][file]") {
    const scratch_folder folder;
    const auto path = folder.path("state/secret");
    int go[2];
    int out[2];
    REQUIRE((::pipe(go) == 0 && ::pipe(out) == 0));
    std::vector<::pid_t> children;
    for (int i = 0; i < starters; ++i) {
        const auto pid = ::fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            ::close(go[1]);
            start_process(path, go[0], out[1]);
        }
        children.push_back(pid);
    }
    ::close(go[1]);
    ::close(go[0]);
    ::close(out[1]);
    for (const auto pid : children) {
        int status = -1;
        CHECK(::waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
    }
    std::set<std::array<char, 32>> secrets;
    std::array<char, 32> one{};
    int read = 0;
    while (::read(out[0], one.data(), one.size()) == static_cast<ssize_t>(one.size())) {
        secrets.insert(one);
        ++read;
    }
    ::close(out[0]);
    CHECK(read == starters);
    CHECK(secrets.size() == 1);
    CHECK(files_in(folder.path("state")) == 1);
}
