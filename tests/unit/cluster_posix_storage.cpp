// Files of this machine, as every storage must keep them; and what only they can be.
#include "cluster/posix_storage.hpp"

#include "tests/unit/scratch_folder.hpp"
#include "tests/unit/storage_contract.hpp"

using namespace slackline;

TEST_CASE("a folder of this machine is a storage", "[storage]") {
    scratch_folder folder;
    posix_storage files(folder.path("runs"));
    REQUIRE(files.make_directory(""));
    check_contract(files);
}

TEST_CASE("the root is made with all above it, or is there", "[storage]") {
    scratch_folder folder;
    for (const char* root : {"a/b/c", "a/b/c", "a/b/d/", "a/b/d/"}) {
        CAPTURE(root);
        posix_storage files(folder.path(root));
        REQUIRE(files.make_directory("x"));
        CHECK(files.list("x").value().empty());
    }
    CHECK(posix_storage("/").make_directory(""));
}

TEST_CASE("a file that is longer than memory is refused, not read", "[storage]") {
    scratch_folder folder;
    posix_storage files(folder.path("."));
    put_file(files, "sparse", "x");
    std::error_code error;
    std::filesystem::resize_file(folder.path("sparse"), std::uintmax_t{1} << 43, error);
    if (error) return;  // this file system has no such files
    require_failure(files.read("sparse"), failure_code::io);
}
