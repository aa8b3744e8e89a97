// A node's lives are numbered upwards over every start of its process, and one process has a name.
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "cluster/node/node_incarnations.hpp"
#include "tests/catch.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;

namespace {

std::unique_ptr<node_incarnations> opened(posix_storage& state, const std::string& node = "a") {
    auto n = node_incarnations::open(state, node, 0);
    if (!n) FAIL(n.error().sentence);
    return std::move(*n);
}

failure refused(posix_storage& state, const std::string& node = "a") {
    const auto n = node_incarnations::open(state, node, 0);
    REQUIRE_FALSE(n);
    return n.error();
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("incarnations rise within a process and over its restarts", "[node]") {
    const scratch_folder folder;
    posix_storage state(folder.path("state"));
    std::uint64_t last = 0;
    for (std::uint32_t life = 1; life <= 3; ++life) {
        const auto n = opened(state);
        CHECK(n->process() == life);
        for (int i = 0; i < 3; ++i) {
            const auto next = n->next();
            CHECK(next > last);
            CHECK(next >> 32 == life);
            last = next;
        }
    }
}

TEST_CASE("a start counts though the process told nobody its number", "[node]") {
    const scratch_folder folder;
    posix_storage state(folder.path("state"));
    opened(state);
    CHECK(opened(state)->process() == 2);
}

TEST_CASE("a second process of one node is refused and changes nothing", "[node]") {
    const scratch_folder folder;
    posix_storage state(folder.path("state"));
    auto first = opened(state);
    const auto f = refused(state);
    CHECK(f.code == failure_code::already_exists);
    CHECK(f.sentence == "node a already runs as process " + std::to_string(getpid()) +
                            "; stop it, or choose another name");
    CHECK(opened(state, "b")->process() == 1);
    first.reset();
    CHECK(opened(state)->process() == 2);
}

TEST_CASE("a damaged number is refused, whichever byte it is, and stays as it is", "[node]") {
    const scratch_folder folder;
    posix_storage state(folder.path("state"));
    for (int i = 0; i < 12; ++i) opened(state);
    const auto whole = content(folder.path("state/a/incarnation"));
    REQUIRE_FALSE(whole.empty());
    const auto check = [&](const std::string& damaged) {
        CAPTURE(damaged);
        const auto path = folder.put("state/a/incarnation", damaged);
        const auto f = refused(state);
        CHECK(f.code == failure_code::malformed);
        CHECK(f.sentence == path +
                                " is damaged; stop every node of the cluster, remove the file "
                                "and start them again");
        CHECK(content(path) == damaged);
    };
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        check(damaged);
        check(whole.substr(0, at));
    }
    check(whole + " ");
    folder.put("state/a/incarnation", whole);
    CHECK(opened(state)->process() == 13);
}
