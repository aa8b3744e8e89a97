// What every storage must do, as actors/storage.hpp says it; run against the disk of the simulator
// and against a folder of this machine.
#pragma once

#include <cstring>

#include "actors/storage.hpp"
#include "tests/catch.hpp"

namespace slackline {

inline bytes bytes_of(const std::string& text) {
    const auto b = std::as_bytes(std::span(text));
    return {b.begin(), b.end()};
}

inline void put_file(storage& s, const std::string& path, const std::string& text) {
    auto file = s.create(path);
    REQUIRE(file);
    REQUIRE((*file)->append(bytes_of(text)));
    REQUIRE((*file)->sync());
}

template <class T>
void require_failure(const result<T>& r, failure_code code) {
    REQUIRE(!r);
    REQUIRE(r.error().code == code);
    REQUIRE(!r.error().sentence.empty());
}

inline void check_files(storage& s) {
    require_failure(s.read("a"), failure_code::not_found);
    require_failure(s.size("a"), failure_code::not_found);
    {
        auto file = s.create("a");
        REQUIRE(file);
        REQUIRE(s.read("a").value() == bytes{});
        REQUIRE((*file)->append(bytes_of("one ")));
        REQUIRE((*file)->append({}));
        REQUIRE((*file)->append(bytes_of("two")));
        REQUIRE((*file)->sync());
        REQUIRE((*file)->append(bytes_of("!")));
    }
    REQUIRE(s.read("a").value() == bytes_of("one two!"));
    REQUIRE(s.size("a").value() == 8);
    require_failure(s.create("a"), failure_code::already_exists);
    REQUIRE(s.read("a").value() == bytes_of("one two!"));
    bytes large(3'000'000);
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::byte>(i * 7 / 5);
    REQUIRE((*s.create("b"))->append(large));
    REQUIRE(s.read("b").value() == large);
    require_failure(s.create("no/such/file"), failure_code::not_found);
}

inline void check_folders(storage& s) {
    require_failure(s.list("f"), failure_code::not_found);
    require_failure(s.sync_directory("f"), failure_code::not_found);
    REQUIRE(s.make_directory("f/g/h"));
    REQUIRE(s.make_directory("f/g/h"));
    REQUIRE(s.list("f").value() == std::vector<std::string>{"g"});
    REQUIRE(s.list("f/g/h").value().empty());
    for (const char* name : {"zeta", "alpha", "Beta", "10", "9"})
        put_file(s, std::string("f/") + name, name);
    REQUIRE(s.list("f").value() ==
            std::vector<std::string>{"10", "9", "Beta", "alpha", "g", "zeta"});
    REQUIRE(s.sync_directory("f"));
    REQUIRE(s.sync_directory(""));
    REQUIRE(!s.read("f"));
    REQUIRE(!s.create("f/alpha/inside"));
    REQUIRE(!s.list("f/alpha"));
    REQUIRE(!s.make_directory("f/alpha"));
}

inline void check_moves(storage& s) {
    REQUIRE(s.make_directory("m/n"));
    put_file(s, "m/old", "old");
    put_file(s, "m/new", "new");
    REQUIRE(s.rename("m/new", "m/old"));
    REQUIRE(s.read("m/old").value() == bytes_of("new"));
    require_failure(s.read("m/new"), failure_code::not_found);
    REQUIRE(s.rename("m/old", "m/n/moved"));
    REQUIRE(s.list("m").value() == std::vector<std::string>{"n"});
    require_failure(s.rename("m/absent", "m/x"), failure_code::not_found);
    REQUIRE(s.remove("m/n/moved"));
    REQUIRE(s.remove("m/n/moved"));
    REQUIRE(s.remove("nowhere/at/all"));
    put_file(s, "m/n/inside", "x");
    REQUIRE(s.remove("m"));
    require_failure(s.list("m"), failure_code::not_found);
    REQUIRE(s.remove("m"));
}

inline void check_contract(storage& s) {
    check_files(s);
    check_folders(s);
    check_moves(s);
}

}  // namespace slackline
