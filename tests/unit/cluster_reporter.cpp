// What a run reports: JSON whatever bytes a path has, and a histogram that stays short.
#include "cluster/reporter.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct report {
    report(report_style style, const std::string& dir)
        : file(std::tmpfile(), std::fclose), told(style, "r", file.get()) {
        REQUIRE(file);
        told.introduced({100, 2, 1, 8, "a library", dir});
    }

    std::string text() {
        std::rewind(file.get());
        std::string all;
        for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get()))
            all.push_back(static_cast<char>(c));
        return all;
    }

    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file;
    reporter told;
};

std::string histogram_of(std::vector<std::uint64_t> staleness) {
    report r(report_style::plain, "dir");
    sequencer_stats s;
    s.history.staleness = std::move(staleness);
    r.told.progressed(s, 1);
    r.told.done();
    const auto all = r.text();
    const auto begin = all.find('\n', all.find("staleness of applied")) + 1;
    return all.substr(begin, all.find("checkpoint:", begin) - begin);
}

}  // namespace

TEST_CASE("paths and sentences that are no UTF-8 are told in JSON all the same", "[reporter]") {
    report r(report_style::json, "dir\xff");
    r.told.happened("a cause\xfe");
    r.told.published({}, "r/checkpoint-1", {});
    r.told.done();
    std::string checkpoint;
    std::string all = r.text();
    for (std::size_t at = 0; at < all.size();) {
        const auto end = all.find('\n', at);
        const auto j = nlohmann::json::parse(all.substr(at, end - at));
        if (j.at("event") == "done") checkpoint = j.at("checkpoint");
        at = end + 1;
    }
    CHECK(checkpoint == "dir\xef\xbf\xbd/r/checkpoint-1");
}

TEST_CASE("the histogram has a row a value while they are few, and few rows always", "[reporter]") {
    CHECK(histogram_of({}) == "    0        0  \n");
    CHECK(histogram_of({4, 2, 0, 1, 0}) ==
          "    0        4  ########################################\n"
          "    1        2  ####################\n"
          "    2        0  \n"
          "    3        1  ##########\n");
    std::vector<std::uint64_t> wide(5'000, 1);
    const auto text = histogram_of(wide);
    CHECK(std::count(text.begin(), text.end(), '\n') == 25);
    CHECK(text.find("      15        1  ") != text.npos);
    CHECK(text.find("   16-31       16  ") != text.npos);
    CHECK(text.find("4096-8191      904  ") != text.npos);
}

TEST_CASE("skips and ended leases are told once, with what is known of them", "[reporter]") {
    report r(report_style::plain, "dir");
    sequencer_stats s;
    s.skipped = 2;
    s.history.skips = {{4, "it is poison"}, {9, "it is poison too"}};
    s.history.leases_ended = 3;
    s.workers = {{{0, 1}, 5, 0, 2, 1}, {{1, 1}, 2, 1, 2, 1}};
    r.told.progressed(s, 1);
    r.told.progressed(s, 1);
    const auto all = r.text();
    const auto count = [&](const std::string& part) {
        std::size_t n = 0;
        for (auto at = all.find(part); at != all.npos; at = all.find(part, at + 1)) ++n;
        return n;
    };
    CHECK(count("2 items are skipped, the last of them 9: it is poison too") == 1);
    CHECK(count("3 lease(s) ended") == 1);
    CHECK(count("workers with open items (1)") == 1);
}

TEST_CASE("what an era brings with it is no news, and what it lost may come again", "[reporter]") {
    report r(report_style::plain, "dir");
    ledger_state from;
    from.skipped = 1;
    from.history.skips = {{4, "it is poison"}};
    from.history.leases_ended = 7;
    r.told.era_begun(2, from, "the run goes on");
    sequencer_stats s;
    s.skipped = 1;
    s.history = from.history;
    r.told.progressed(s, 1);
    CHECK(r.text().find("poison") == std::string::npos);
    CHECK(r.text().find("lease") == std::string::npos);
    r.told.era_begun(3, {}, "shard 0 was lost and came back");
    r.told.progressed(s, 1);
    CHECK(r.text().find("item 4 is skipped: it is poison") != std::string::npos);
}

TEST_CASE("rates of a run that is joined late count from there", "[reporter]") {
    report r(report_style::json, "dir");
    r.told.joined_late();
    r.told.era_begun(1, {}, "the run begins");
    sequencer_stats s;
    s.applied = 1'000'000;
    s.items_total = 2'000'000;
    r.told.progressed(s, 1);
    CHECK(r.text().find("items_per_s") == std::string::npos);
    r.told.done();
    const auto all = r.text();
    const auto done = nlohmann::json::parse(all.substr(all.rfind('\n', all.size() - 2) + 1));
    CHECK(done.at("items_per_s") == 0.0);
}

TEST_CASE("the time that a run waited for its turn is no time of the run", "[reporter]") {
    using clock = std::chrono::steady_clock;
    report r(report_style::json, "dir");
    for (const auto begun = clock::now(); clock::now() - begun < std::chrono::milliseconds(50);)
        r.told.happened("it waits");
    const auto begun = clock::now();
    r.told.era_begun(1, {}, "the run begins");
    sequencer_stats s;
    s.applied = 1'000;
    s.items_total = 1'000;
    r.told.progressed(s, 1);
    r.told.done();
    const double run_s = std::chrono::duration<double>(clock::now() - begun).count();
    const auto all = r.text();
    const auto done = nlohmann::json::parse(all.substr(all.rfind('\n', all.size() - 2) + 1));
    CHECK(done.at("items_per_s").get<double>() >= 1'000 / run_s);
}

TEST_CASE("a loss that is not there yet is told as none", "[reporter]") {
    const auto style = GENERATE(report_style::plain, report_style::terminal, report_style::json);
    report r(style, "dir");
    r.told.progressed({}, std::numeric_limits<double>::quiet_NaN());
    const auto all = r.text();
    CHECK(all.find("nan") == std::string::npos);
    const auto none = style == report_style::json ? "\"loss\":null" : "loss -  ";
    CHECK(all.find(none) != std::string::npos);
}
