// The disk of the simulator keeps the storage's contract, and loses in a crash what a disk may
// lose.
#include "tests/sim/sim_storage.hpp"
#include "tests/unit/storage_contract.hpp"

using namespace slackline;

TEST_CASE("the simulated disk keeps the contract of a storage") {
    sim_storage disk;
    check_contract(disk);
    REQUIRE(disk.violations().empty());
}

TEST_CASE("a crash of the simulated disk leaves what was made durable") {
    sim_storage disk;
    REQUIRE(disk.make_directory("f"));
    REQUIRE(disk.sync_directory(""));
    auto kept = disk.create("f/kept");
    REQUIRE((*kept)->append(bytes_of("kept")));
    REQUIRE((*kept)->sync());
    REQUIRE(disk.sync_directory("f"));
    put_file(disk, "f/unnamed", "its name is not durable");
    REQUIRE((*kept)->append(bytes_of(" and more")));
    REQUIRE(disk.make_directory("g"));
    disk.restart(survivors::nothing);
    REQUIRE(disk.list("").value() == std::vector<std::string>{"f"});
    REQUIRE(disk.list("f").value() == std::vector<std::string>{"kept"});
    REQUIRE(disk.read("f/kept").value() == bytes_of("kept"));
}

TEST_CASE("a crash of the simulated disk may leave a name without its bytes") {
    sim_storage disk;
    REQUIRE((*disk.create("a.new"))->append(bytes_of("never synced")));
    REQUIRE(disk.rename("a.new", "a"));
    REQUIRE(disk.sync_directory(""));
    disk.restart(survivors::names);
    REQUIRE(disk.read("a").value() == bytes{});
}

TEST_CASE("a crash of the simulated disk may leave any part of what was not durable") {
    std::size_t with = 0;
    std::size_t torn = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        sim_storage disk;
        auto file = disk.create("a");
        REQUIRE((*file)->append(bytes_of("12")));
        REQUIRE((*file)->sync());
        REQUIRE(disk.sync_directory(""));
        REQUIRE((*file)->append(bytes_of("3456")));
        REQUIRE(disk.create("b"));
        disk.restart(survivors::drawn, seed);
        const auto left = disk.read("a").value();
        REQUIRE(left.size() >= 2);
        REQUIRE(left[1] == std::byte{'2'});
        torn += left.size() > 2 && left.size() < 6 ? 1 : 0;
        with += disk.list("").value().size() == 2 ? 1 : 0;
    }
    REQUIRE(torn > 10);
    REQUIRE(with > 10);
    REQUIRE(with < 90);
}

TEST_CASE("after a failed sync of the simulated disk nothing of that time is durable") {
    sim_storage disk;
    auto file = disk.create("a");
    REQUIRE(disk.sync_directory(""));
    REQUIRE((*file)->append(bytes_of("lost")));
    disk.fail_at(disk.operations() + 1);
    REQUIRE(!(*file)->sync());
    REQUIRE((*file)->sync());
    REQUIRE(disk.violations().size() == 1);
    REQUIRE(disk.create("b"));
    disk.fail_at(disk.operations() + 1);
    REQUIRE(!disk.sync_directory(""));
    REQUIRE(disk.create("c"));
    REQUIRE(disk.sync_directory(""));
    REQUIRE(disk.read("a").value() == bytes_of("lost"));
    disk.restart(survivors::nothing);
    REQUIRE(disk.read("a").value() == bytes{});
    REQUIRE(disk.list("").value() == std::vector<std::string>{"a", "c"});
}

TEST_CASE("without power the simulated disk refuses everything") {
    sim_storage disk;
    auto file = disk.create("a");
    disk.crash_at(disk.operations() + 1);
    REQUIRE(!disk.make_directory("f"));
    REQUIRE(!disk.read("a"));
    REQUIRE(!disk.list(""));
    REQUIRE(!(*file)->append(bytes_of("x")));
    REQUIRE(disk.crashed());
    disk.restart(survivors::names);
    REQUIRE(!(*file)->append(bytes_of("x")));
    REQUIRE(disk.read("a").value() == bytes{});
}
