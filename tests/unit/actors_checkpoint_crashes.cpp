// N10 by exhaustion: a run of two processes that write checkpoints, its disk refusing or losing
// power at every single operation. Whatever was lost: a checkpoint that was published can be
// loaded from then on, what is loaded was written, and eras only rise.
#include <random>

#include "tests/catch.hpp"
#include "tests/sim/sim_storage.hpp"
#include "tests/unit/checkpoint_samples.hpp"

using namespace slackline;

namespace {

struct lived {
    std::vector<model_state> written;  ///< every state that publish was given
    std::size_t published = 0;         ///< how many of them it reported
    std::size_t newest = 0;            ///< the last of these is written[newest - 1]
    std::uint64_t era = 0;             ///< the last that was begun
    std::size_t processes = 0;         ///< that began one
};

// What is loaded is, bit for bit, a state that was written, no older than the last published.
void check_loaded(const lived& l, const std::optional<model_state>& loaded) {
    if (!loaded) {
        REQUIRE(l.newest == 0);
        return;
    }
    std::size_t at = l.written.size();
    while (at > 0 && !same(l.written[at - 1], *loaded)) --at;
    REQUIRE(at > 0);
    REQUIRE(at >= l.newest);
}

// One process: begins an era, reads what there is, publishes three states. Ends where its
// coordinator would: at an era that cannot begin, or a newest that cannot be read.
void live(storage& disk, lived& l) {
    sample_store store(disk);
    const auto era = store.begin_era();
    if (!era) return;
    REQUIRE(era->era > l.era);
    l.era = era->era;
    ++l.processes;
    const auto newest = store.newest();
    if (!newest) return;
    check_loaded(l, *newest);
    for (int i = 0; i < 3; ++i) {
        l.written.push_back(sample_state(era->era, 10 * (l.written.size() + 1)));
        if (!store.publish(l.written.back())) continue;
        ++l.published;
        l.newest = l.written.size();
    }
}

std::size_t loadable(storage& disk) {
    std::size_t n = 0;
    const auto all = list_checkpoints(disk, "runner");
    REQUIRE(all);
    for (const auto& c : *all) n += load_checkpoint(disk, c, sample_layout(), sample_slots) ? 1 : 0;
    return n;
}

// The disk works again: what was published is there, and the run goes on.
void check_after(sim_storage& disk, lived& l) {
    REQUIRE(disk.violations().empty());
    REQUIRE(loadable(disk) >= std::min<std::size_t>(2, l.published));
    sample_store store(disk);
    const auto newest = store.newest();
    REQUIRE(newest);
    check_loaded(l, *newest);
    const auto era = store.begin_era();
    REQUIRE(era);
    REQUIRE(era->era > l.era);
    l.era = era->era;
    l.written.push_back(sample_state(era->era, 10 * (l.written.size() + 1)));
    REQUIRE(store.publish(l.written.back()));
    ++l.published;
    l.newest = l.written.size();
    const auto after = store.newest();
    REQUIRE(after);
    check_loaded(l, *after);
}

std::uint64_t operations_of_a_life() {
    sim_storage disk;
    lived l;
    live(disk, l);
    live(disk, l);
    REQUIRE(l.published == 6);
    REQUIRE(l.era == 2);
    REQUIRE(loadable(disk) == 2);
    return disk.operations();
}

struct fate {
    survivors what;
    std::uint64_t seed;
};
const std::vector<fate> fates{{survivors::nothing, 0}, {survivors::names, 0},
                              {survivors::drawn, 1},   {survivors::drawn, 2},
                              {survivors::drawn, 3},   {survivors::drawn, 4}};

}  // namespace

TEST_CASE("a crash at any operation leaves the newest published checkpoint loadable") {
    const auto all = operations_of_a_life();
    REQUIRE(all > 100);
    for (std::uint64_t n = 1; n <= all + 1; ++n)
        for (const auto& f : fates) {
            CAPTURE(n, int(f.what), f.seed);
            sim_storage disk;
            lived l;
            disk.crash_at(n);
            live(disk, l);
            live(disk, l);
            disk.restart(f.what, f.seed);
            check_after(disk, l);
        }
}

TEST_CASE("a refused operation, and a crash at some later one, leave a checkpoint loadable") {
    const auto all = operations_of_a_life();
    for (std::uint64_t n = 1; n <= all; ++n)
        for (const auto& f : fates) {
            CAPTURE(n, int(f.what), f.seed);
            sim_storage disk;
            lived l;
            disk.fail_at(n);
            live(disk, l);
            live(disk, l);
            if (f.seed == 1) check_after(disk, l);  // no power lost at all
            disk.restart(f.what, f.seed);
            check_after(disk, l);
        }
}

TEST_CASE("a refused operation is no crash: the next checkpoint is published") {
    const auto all = operations_of_a_life();
    for (std::uint64_t n = 1; n <= all; ++n) {
        CAPTURE(n);
        sim_storage disk;
        lived l;
        disk.fail_at(n);
        live(disk, l);
        live(disk, l);
        REQUIRE(l.published >= (l.processes == 2 ? 5 : 3));
    }
}

TEST_CASE("refusals and crashes that follow each other leave a checkpoint loadable") {
    std::mt19937_64 random(7);
    for (int round = 0; round < 400; ++round) {
        CAPTURE(round);
        sim_storage disk;
        lived l;
        for (int life = 0; life < 3; ++life) {
            const auto now = disk.operations();
            if (random() % 2 == 0) disk.fail_at(now + 1 + random() % 80);
            if (random() % 2 == 0) disk.fail_at(now + 1 + random() % 80);
            if (random() % 4 != 0) disk.crash_at(now + 1 + random() % 120);
            live(disk, l);
            live(disk, l);
            disk.restart(random() % 4 == 0 ? survivors::names : survivors::drawn, random());
        }
        check_after(disk, l);
    }
}
