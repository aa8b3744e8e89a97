// The journal of a cluster's runs in a file.
#include "actors/registry_journal.hpp"

#include "tests/catch.hpp"
#include "tests/sim/sim_storage.hpp"

using namespace slackline;
using entries = std::vector<std::string>;

TEST_CASE("the journal of runs gives back what was appended, and what replaced it") {
    sim_storage disk;
    file_registry_journal journal(disk, "/state", "runs");
    CHECK(journal.place() == "/state/runs");
    CHECK(journal.read().value() == entries{});
    REQUIRE(journal.append("one"));
    REQUIRE(journal.append("two"));
    CHECK(journal.read().value() == entries{"one", "two"});
    REQUIRE(journal.replace({"three"}));
    REQUIRE(journal.append("four"));
    CHECK(file_registry_journal(disk, "/state", "runs").read().value() == entries{"three", "four"});
}

TEST_CASE("an entry whose append failed is gone with the next one") {
    for (std::uint64_t n = 1; n <= 5; ++n) {
        sim_storage disk;
        file_registry_journal journal(disk, "/state", "runs");
        REQUIRE(journal.append("one"));
        disk.fail_at(disk.operations() + n);
        const auto failed = journal.append("two");
        if (failed) continue;  // an operation that it does not need
        CHECK(failed.error().sentence.find("/state/runs: ") == 0);
        REQUIRE(journal.append("three"));
        CHECK(journal.read().value() == entries{"one", "three"});
    }
}

TEST_CASE("a damaged journal of runs is named with its folder") {
    sim_storage disk;
    file_registry_journal journal(disk, "/state", "runs");
    REQUIRE(journal.append("one"));
    auto content = disk.read("runs").value();
    content[9] ^= std::byte{1};
    disk.overwrite("runs", content);
    const auto read = journal.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().code == failure_code::checksum);
    CHECK(read.error().sentence.find("/state/runs: ") == 0);
}
