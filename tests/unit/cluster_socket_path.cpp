#include "cluster/file/socket_path.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cluster/file/private_folder.hpp"
#include "tests/catch.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;

namespace {

cluster_file file(const std::string& state_dir, const std::string& name) {
    cluster_file f;
    f.state_dir = state_dir;
    f.name = name;
    return f;
}

// Bit by bit, as the polynomial says.
std::uint32_t bitwise_crc32c(const std::string& text) {
    std::uint32_t crc = 0xffffffff;
    for (const unsigned char c : text) {
        crc ^= c;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78u : 0u);
    }
    return ~crc;
}

::mode_t mode(const std::string& path) {
    struct stat info{};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("a socket lies in a folder of its user's own, under the cluster's mark",
          "[cluster][file]") {
    const scratch_folder folder;
    const auto base = folder.path("");
    const auto run = base.substr(0, base.size() - 1);
    const auto path = socket_path(file("/s", "n"), "n12", run.c_str());
    REQUIRE(path);
    const auto mark = bitwise_crc32c(std::string("/s\0n", 4));
    CHECK(*path == fmt::format("{}/slackline/{:08x}-n12.sock", run, mark));
    CHECK(mode(run + "/slackline") == 0700);
    CHECK_FALSE(std::filesystem::exists(*path));

    const auto again = socket_path(file("/s", "n"), "n12", run.c_str());
    REQUIRE(again);
    CHECK(*again == *path);
}

TEST_CASE("nodes and clusters have sockets of different names", "[cluster][file]") {
    const scratch_folder folder;
    const auto at = [&](const cluster_file& f, const std::string& node) {
        const auto path = socket_path(f, node, folder.path("").c_str());
        REQUIRE(path);
        return *path;
    };
    const auto one = at(file("/a/b", "n"), "0");
    CHECK(one != at(file("/a/b", "n"), "1"));
    CHECK(one != at(file("/a/b", "m"), "0"));
    CHECK(one != at(file("/a/c", "n"), "0"));
    CHECK(at(file("/a/b", "c"), "0") != at(file("/a/", "bc"), "0"));
    CHECK(one == at(file("/a/x/../b", "n"), "0"));
}

TEST_CASE("without a folder of the session's sockets lie in one of the user's in /tmp",
          "[cluster][file]") {
    const auto own = fmt::format("/tmp/slackline-{}/", ::geteuid());
    for (const char* none : {static_cast<const char*>(nullptr), "", "relative/folder"}) {
        const auto path = socket_path(file("/s", "n"), "0", none);
        REQUIRE(path);
        CHECK(path->starts_with(own));
    }
}

TEST_CASE("a socket's path is as long as it may be, and no longer", "[cluster][file]") {
    const scratch_folder folder;
    const std::string tail = "/slackline/00000000-7.sock";
    const auto base = folder.path("x");
    // A folder below which sockets have paths of this size.
    const auto run = [&](std::size_t size) {
        REQUIRE(base.size() + tail.size() < size);
        auto path = base + std::string(size - base.size() - tail.size(), 'x');
        std::filesystem::create_directory(path);
        return path;
    };
    const auto fits = socket_path(file("/s", "n"), "7", run(107).c_str());
    REQUIRE(fits);
    CHECK(fits->size() == 107);

    const auto over = socket_path(file("/s", "n"), "7", run(108).c_str());
    REQUIRE_FALSE(over);
    CHECK((over.error().code == failure_code::usage));
    CHECK(over.error().sentence.ends_with(
        "has 108 bytes and may have 107; set XDG_RUNTIME_DIR to a shorter folder"));
    CHECK(std::filesystem::is_empty(run(108)));
}

TEST_CASE("a folder for sockets that is not there, or no folder, is refused", "[cluster][file]") {
    const scratch_folder folder;
    const auto absent = folder.path("absent");
    const auto nowhere = socket_path(file("/s", "n"), "0", absent.c_str());
    REQUIRE_FALSE(nowhere);
    CHECK((nowhere.error().code == failure_code::io));
    CHECK(
        nowhere.error().sentence.starts_with("cannot make the folder " + absent + "/slackline: "));

    std::filesystem::create_directory(folder.path("real"));
    std::filesystem::create_directory(folder.path("run"));
    std::filesystem::create_directory_symlink(folder.path("real"), folder.path("run/slackline"));
    const auto link = socket_path(file("/s", "n"), "0", folder.path("run").c_str());
    REQUIRE_FALSE(link);
    CHECK((link.error().code == failure_code::already_exists));
    CHECK(link.error().sentence ==
          folder.path("run/slackline") + " is no folder of its own; remove it");
}

TEST_CASE("a folder that is somebody else's, or open to others, is refused", "[cluster][file]") {
    const scratch_folder folder;
    const auto path = folder.path("own");
    REQUIRE(make_private_folder(path, ::geteuid()));
    REQUIRE(make_private_folder(path, ::geteuid()));

    const auto other = make_private_folder(path, ::geteuid() + 1);
    REQUIRE_FALSE(other);
    CHECK((other.error().code == failure_code::refused));
    CHECK(other.error().sentence ==
          fmt::format("the folder {} belongs to user {}, not to user {}; have it removed", path,
                      ::geteuid(), ::geteuid() + 1));

    for (const ::mode_t open : {0710, 0701, 0720, 0777}) {
        REQUIRE(::chmod(path.c_str(), open) == 0);
        const auto entered = make_private_folder(path, ::geteuid());
        REQUIRE_FALSE(entered);
        CHECK((entered.error().code == failure_code::refused));
        CHECK(entered.error().sentence ==
              "others can enter the folder " + path + "; close it: chmod 700 " + path);
        CHECK(mode(path) == open);
    }
}
