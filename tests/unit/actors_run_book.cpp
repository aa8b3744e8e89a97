// The book of runs: what entries make of it, and that it survives its own journal.
#include "actors/run_book.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

booked_run run(std::uint64_t number, const std::string& name) {
    booked_run r;
    r.number = number;
    r.name = name;
    r.job = {name + ".toml", "[run]\nname = \"" + name + "\"\n", "/jobs", {"sgd.rate=0.1"}};
    r.resume = true;
    r.first_era = 3;
    r.time_s = 1'700'000'000;
    return r;
}

void check_same(const booked_run& a, const booked_run& b) {
    CHECK(a.number == b.number);
    CHECK(a.name == b.name);
    CHECK(a.job == b.job);
    CHECK(a.resume == b.resume);
    CHECK(a.first_era == b.first_era);
    CHECK(a.time_s == b.time_s);
    CHECK(a.state == b.state);
    CHECK(a.sentence == b.sentence);
    CHECK(a.shards == b.shards);
}

template <class Runs>
void check_all_same(const Runs& a, const Runs& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) check_same(a[i], b[i]);
}

void submit(run_book& book, const std::string& name) {
    REQUIRE(book.apply(*book.submission(run(book.next_number(), name))));
}

}  // namespace

TEST_CASE("a book survives its journal, and the shortest journal there is", "[run-book]") {
    run_book book;
    std::vector<std::string> journal;
    const auto enter = [&](const std::string& entry) {
        journal.push_back(entry);
        REQUIRE(book.apply(entry));
    };
    for (const auto* name : {"a", "b", "c", "d"})
        enter(*book.submission(run(book.next_number(), name)));
    enter(run_book::opening(1, 7, 2));
    enter(run_book::end(4, run_state::cancelled, ""));
    enter(run_book::end(1, run_state::failed, "\"it\" diverged\n"));
    enter(run_book::opening(2, 9, 5));
    check_same(book.open_runs()[0], [] {
        auto r = run(2, "b");
        r.first_era = 9;
        r.shards = 5;
        r.state = run_state::opened;
        return r;
    }());
    CHECK(book.ended_runs()[1].sentence == "\"it\" diverged\n");
    for (const auto& entries : {journal, book.entries()}) {
        const auto again = run_book::replay(entries);
        REQUIRE(again);
        check_all_same(again->open_runs(), book.open_runs());
        check_all_same(again->ended_runs(), book.ended_runs());
        CHECK(again->next_number() == 5);
    }
}

TEST_CASE("a name stands for the run that has not ended, else for the last", "[run-book]") {
    run_book book;
    submit(book, "a");
    REQUIRE(book.apply(run_book::end(1, run_state::failed, "x")));
    submit(book, "a");
    CHECK(book.find("a")->number == 2);
    REQUIRE(book.apply(run_book::end(2, run_state::done, "")));
    CHECK(book.find("a")->number == 2);
    CHECK(book.find("b") == nullptr);
    CHECK(book.find(1)->sentence == "x");
    CHECK(book.find(3) == nullptr);
}

TEST_CASE("of ended runs a hundred are kept, and no number comes back", "[run-book]") {
    run_book book;
    submit(book, "last");
    for (int i = 0; i < 101; ++i) submit(book, "r" + std::to_string(i));
    REQUIRE(book.apply(run_book::end(102, run_state::cancelled, "")));
    for (std::uint64_t n = 2; n <= 101; ++n)
        REQUIRE(book.apply(run_book::end(n, run_state::done, "")));
    CHECK(book.ended_runs().size() == 100);
    CHECK(book.find(102) == nullptr);
    const auto again = run_book::replay(book.entries());
    REQUIRE(again);
    CHECK(again->next_number() == 103);
    CHECK(again->ended_runs().size() == 100);
    CHECK(again->open_runs().front().name == "last");
}

TEST_CASE("a wrong entry changes nothing and is named", "[run-book]") {
    run_book book;
    submit(book, "a");
    const auto before = book.entries();
    for (const std::string wrong :
         {"", "no JSON", "[]", R"({"entry":"born"})", R"({"entry":"ended","run":1})",
          R"({"entry":"ended","run":1,"how":"active","sentence":""})",
          R"({"entry":"ended","run":2,"how":"done","sentence":""})",
          R"({"entry":"opened","run":2,"first_era":1})",
          R"({"entry":"opened","run":"1","first_era":1})"}) {
        CAPTURE(wrong);
        CHECK_FALSE(book.apply(wrong));
        CHECK(book.entries() == before);
        const auto replayed = run_book::replay({before[0], wrong});
        REQUIRE_FALSE(replayed);
        CHECK(replayed.error().sentence.find("entry 1 is wrong") == 0);
    }
    CHECK_FALSE(book.apply(*book.submission(run(1, "b"))));  // the number is taken
    CHECK(book.entries() == before);
}

TEST_CASE("a run that is resharded keeps its place and its eras under another number",
          "[run-book][reshard]") {
    run_book book;
    std::vector<std::string> journal;
    const auto enter = [&](const std::string& entry) {
        journal.push_back(entry);
        REQUIRE(book.apply(entry));
    };
    enter(*book.submission(run(1, "a")));
    enter(*book.submission(run(2, "b")));
    enter(run_book::opening(1, 7, 2));
    enter(run_book::resharding(1, 3, 4));
    const auto& first = book.open_runs().front();
    CHECK(first.name == "a");
    CHECK(first.number == 3);
    CHECK(first.shards == 4);
    CHECK(first.first_era == 7);
    CHECK(first.state == run_state::waiting);
    CHECK(first.begun());
    CHECK(book.find(1) == nullptr);
    CHECK(book.next_number() == 4);
    for (const auto& entries : {journal, book.entries()}) {
        const auto again = run_book::replay(entries);
        REQUIRE(again);
        check_all_same(again->open_runs(), book.open_runs());
    }
    for (const auto& wrong : {run_book::resharding(1, 5, 4), run_book::resharding(3, 5, 4),
                              run_book::resharding(2, 5, 4)})  // gone, not opened again, waiting
        CHECK_FALSE(book.apply(wrong));
    enter(run_book::opening(3, 7, 4));
    for (const auto& wrong : {run_book::resharding(3, 2, 4), run_book::resharding(3, 0, 4),
                              run_book::resharding(3, 5, 0)})
        CHECK_FALSE(book.apply(wrong));
    enter(run_book::resharding(3, 5, 2));
}
