// A write-ahead log whose disk loses power at every single operation, and one that is damaged byte
// by byte: what was durable is found again, whole and in its place, or the loss is told.
#include <fmt/format.h>

#include "tests/unit/log_samples.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t records = 14;

std::size_t small(std::uint64_t position) {
    return 1 + position * 37 % 200;
}

std::size_t size_of(std::uint64_t position) {
    return position == 5 ? 150'000 : small(position);  // one is written in parts
}

struct lived {
    std::uint64_t appended = 0;
    std::uint64_t durable = 0;
    std::uint64_t kept_from = 0;
    std::uint64_t needed_from = 0;  ///< what those who open it say
    std::uint64_t until = records;
};

void check_end(const write_ahead_log& log, const lived& l) {
    REQUIRE(log.end() >= std::max(l.durable, l.needed_from));
    REQUIRE(log.end() <= std::max(l.appended, l.needed_from));
}

// One process: opens the log, checks what it finds, appends, syncs after every third, trims once.
void live(storage& disk, lived& l) {
    l.kept_from = std::max(l.kept_from, l.needed_from);
    auto log = open_sample(disk, l.needed_from);
    if (!log) return;
    check_end(*log, l);
    l.appended = l.durable = log->end();
    while (l.appended < l.until) {
        const auto at = append_pieces(*log, sample_record(l.appended, size_of(l.appended)));
        l.durable = std::max(l.durable, log->durable());
        if (!at) {
            ++l.appended;  // it may be there, in part or whole
            return;
        }
        REQUIRE(*at == l.appended);
        ++l.appended;
        if (l.appended % 3 != 0) continue;
        if (!log->sync()) return;
        l.durable = l.appended;
        if (l.appended != 9) continue;
        l.kept_from = std::max<std::uint64_t>(l.kept_from, 6);
        if (!log->trim(6)) return;
    }
    if (log->sync()) l.durable = l.appended;
}

void check(storage& disk, const lived& l) {
    auto log = open_sample(disk, l.needed_from);
    INFO((log ? "" : log.error().sentence));
    REQUIRE(log);
    check_end(*log, l);
    REQUIRE((log->begin() <= l.kept_from || log->begin() == log->end()));
    for (auto at = log->begin(); at < log->end();) {  // also what was trimmed and is back
        const auto part = log->read(at);
        INFO((part ? "" : part.error().sentence));
        REQUIRE(part);
        REQUIRE_FALSE(part->records.empty());
        for (const auto& r : part->records) {
            const auto expected = sample_record(at, size_of(at));
            REQUIRE(r.position == at++);
            REQUIRE(
                std::equal(r.payload.begin(), r.payload.end(), expected.begin(), expected.end()));
        }
    }
}

struct fate {
    survivors what;
    std::uint64_t seed;
};
const std::vector<fate> fates{{survivors::nothing, 0}, {survivors::names, 0},
                              {survivors::drawn, 1},   {survivors::drawn, 2},
                              {survivors::drawn, 3},   {survivors::drawn, 4}};

std::uint64_t operations_of_a_life() {
    sim_storage disk;
    lived l;
    live(disk, l);
    REQUIRE(l.durable == records);
    return disk.operations();
}

}  // namespace

TEST_CASE("a crash at any operation loses no record that was durable", "[log]") {
    const auto all = operations_of_a_life();
    REQUIRE(all > 40);
    for (std::uint64_t first = 1; first <= all + 1; ++first)
        for (const auto& f : fates) {
            CAPTURE(first, int(f.what), f.seed);
            sim_storage disk;
            lived l;
            disk.crash_at(first);
            live(disk, l);
            disk.restart(f.what, f.seed);
            check(disk, l);
            live(disk, l);
            REQUIRE(l.durable == records);
            check(disk, l);
            REQUIRE(disk.violations().empty());
        }
}

TEST_CASE("a second crash, while the log is opened and goes on, loses none either", "[log]") {
    const auto all = operations_of_a_life();
    for (std::uint64_t first = 1; first <= all; first += 5)
        for (std::uint64_t second = 1; second <= all; second += 2)
            for (const auto& f : fates) {
                CAPTURE(first, second, int(f.what), f.seed);
                sim_storage disk;
                lived l;
                disk.crash_at(first);
                live(disk, l);
                disk.restart(f.what, f.seed);
                disk.crash_at(disk.operations() + second);
                live(disk, l);
                disk.restart(f.what, f.seed + 100);
                check(disk, l);
                REQUIRE(disk.violations().empty());
            }
}

TEST_CASE("a crash of a log that is needed from some position on only loses none from there",
          "[log]") {
    const auto later_life = [](sim_storage& disk, std::uint64_t needed_from,
                               std::uint64_t crash_at) {
        lived l;
        live(disk, l);
        REQUIRE(l.durable == records);
        l.needed_from = needed_from;
        l.until = records + 12;
        if (crash_at > 0) disk.crash_at(disk.operations() + crash_at);
        live(disk, l);
        return l;
    };
    for (const std::uint64_t needed_from : {1, 6, 10, 13, 14, 15, 22}) {
        sim_storage whole;
        lived before;
        live(whole, before);
        const auto begun = whole.operations();
        sim_storage other;
        REQUIRE(later_life(other, needed_from, 0).durable == records + 12);
        const auto all = other.operations() - begun;
        REQUIRE(all > 20);
        for (std::uint64_t first = 1; first <= all; ++first)
            for (const auto& f : fates) {
                CAPTURE(needed_from, first, int(f.what), f.seed);
                sim_storage disk;
                auto l = later_life(disk, needed_from, first);
                disk.restart(f.what, f.seed);
                check(disk, l);
                live(disk, l);
                REQUIRE(l.durable == l.until);
                check(disk, l);
                const auto names = disk.list(sample_folder).value();
                for (const auto& name : names) REQUIRE(name.ends_with(".log"));
                REQUIRE(disk.violations().empty());
            }
    }
}

TEST_CASE("what a killed process wrote is durable once it was found", "[log]") {
    for (const std::uint64_t synced : {0, 3, 9}) {
        CAPTURE(synced);
        sim_storage disk;
        {
            auto log = open_sample(disk).value();
            for (std::uint64_t i = 0; i < records; ++i) {
                static_cast<void>(append_pieces(log, sample_record(i, size_of(i))).value());
                if (i + 1 == synced) REQUIRE(log.sync());
            }
        }  // killed, with the machine still on
        const auto found = open_sample(disk).value().end();
        CHECK(found == records);
        disk.restart(survivors::nothing);
        check(disk, {.appended = records, .durable = found});
    }
}

TEST_CASE("a byte that was changed is found, but for those of the last record", "[log]") {
    sim_storage disk;
    {
        auto log = open_sample(disk).value();
        for (std::uint64_t i = 0; i < records; ++i) {
            static_cast<void>(append_pieces(log, sample_record(i, small(i))).value());
            REQUIRE(log.sync());
        }
    }
    const auto names = disk.list(sample_folder).value();
    REQUIRE(names.size() > 3);
    std::size_t told = 0, torn = 0;
    for (const auto& name : names) {
        const auto path = sample_folder + "/" + name;
        const auto whole = disk.read(path).value();
        for (std::size_t at = 0; at < whole.size(); ++at) {
            CAPTURE(name, at);
            auto changed = whole;
            changed[at] ^= std::byte(1 << at % 8);
            disk.overwrite(path, changed);
            auto log = open_sample(disk);
            bool refused = !log;
            std::uint64_t position = 0;
            while (!refused && position < log->end()) {
                const auto part = log->read(position);
                refused = !part;
                for (std::size_t r = 0; !refused && r < part->records.size(); ++r, ++position) {
                    const auto expected = sample_record(position, small(position));
                    const auto& p = part->records[r].payload;
                    REQUIRE(std::equal(p.begin(), p.end(), expected.begin(), expected.end()));
                }
                if (refused) {
                    CHECK(part.error().code == failure_code::checksum);
                    CHECK(part.error().sentence.find(name) != std::string::npos);
                }
            }
            disk.overwrite(path, whole);
            told += refused ? 1 : 0;
            if (refused) continue;
            ++torn;
            REQUIRE(name == names.back());
            REQUIRE(position == records - 1);
        }
    }
    CHECK(told > 10 * torn);
    CHECK(torn > 0);
}

TEST_CASE("no record passes for one of another log or another place", "[log]") {
    const auto file_with = [](const log_identity& id, std::uint64_t position) {
        const bytes payload = bytes_of("abcdefgh");
        const std::span<const std::byte> piece(payload);
        auto file = segment_head(sample_log, 0);
        const auto head = make_record_head(id, position, 0, std::span(&piece, 1));
        file.insert(file.end(), head.begin(), head.end());
        file.insert(file.end(), payload.begin(), payload.end());
        return file;
    };
    const auto found = [&](const log_identity& id, std::uint64_t position) {
        return read_segment("s", file_with(id, position), sample_log, 0).value();
    };
    CHECK(found(sample_log, 0).part.records.size() == 1);
    CHECK(found(sample_log, 1).part.records.empty());
    CHECK(found({sample_log.run + 1, sample_log.of}, 0).part.records.empty());
    CHECK(found({sample_log.run, {role::SHARD, 4}}, 0).part.records.empty());
    CHECK(found({sample_log.run, {role::SEQUENCER, 3}}, 0).part.records.empty());
}

TEST_CASE("a segment is, byte for byte, what docs/formats.md shows", "[log]") {
    const bytes payload = bytes_of("abc");
    const std::span<const std::byte> piece(payload);
    auto file = segment_head(sample_log, 5);
    const auto head = make_record_head(sample_log, 5, 4, std::span(&piece, 1));
    file.insert(file.end(), head.begin(), head.end());
    file.insert(file.end(), payload.begin(), payload.end());
    file.resize(file.size() + record_pad_bytes(payload.size()));
    std::string hex;
    for (const auto b : file) hex += fmt::format("{:02X} ", static_cast<unsigned>(b));
    CHECK(hex ==
          "53 4C 57 4C 01 00 02 00 03 00 00 00 07 00 00 00 "
          "00 00 00 00 05 00 00 00 00 00 00 00 00 00 00 00 "
          "00 00 00 00 53 8F B5 48 05 00 00 00 00 00 00 00 "
          "04 00 00 00 00 00 00 00 03 00 00 00 B7 3F 4B 36 "
          "00 00 00 00 C5 C1 A8 32 61 62 63 00 00 00 00 00 ");
}

TEST_CASE("a segment that is missing, or belongs to another log, is told", "[log]") {
    sim_storage disk;
    {
        auto log = open_sample(disk).value();
        for (std::uint64_t i = 0; i < records; ++i)
            static_cast<void>(append_pieces(log, sample_record(i, 150)).value());
        REQUIRE(log.sync());
    }
    const auto names = disk.list(sample_folder).value();
    REQUIRE(names.size() > 3);
    const auto second = disk.read(sample_folder + "/" + names[1]).value();
    REQUIRE(disk.remove(sample_folder + "/" + names[1]));
    auto log = open_sample(disk);
    REQUIRE(log);
    require_failure(log->read(0), failure_code::checksum);

    const log_identity other{7, {role::SHARD, 4}};
    require_failure(write_ahead_log::open(disk, sample_folder, other, 0, sample_segment_bytes),
                    failure_code::checksum);
    disk.overwrite(sample_folder + "/" + names.back(), second);
    require_failure(open_sample(disk), failure_code::checksum);
}

// A removal whose folder could not be synced is undone by a crash, while later ones stay.
TEST_CASE("a segment that comes back in front of a gap is removed again", "[log]") {
    sim_storage disk;
    std::uint64_t kept = 0;
    {
        auto log = open_sample(disk);
        REQUIRE(log);
        for (std::uint64_t at = 0; at < 12; ++at)
            REQUIRE(append_pieces(*log, sample_record(at, 150)));
        REQUIRE(log->sync());
        kept = log->end() - 2;
        disk.fail_at(disk.operations() + 2);  // the first removal's sync
        REQUIRE_FALSE(log->trim(kept));
    }
    {
        auto log = open_sample(disk);
        REQUIRE(log);
        REQUIRE(log->trim(kept));
        for (std::uint64_t at = 12; at < 16; ++at)
            REQUIRE(append_pieces(*log, sample_record(at, 150)));
        REQUIRE(log->sync());
    }
    disk.restart(survivors::nothing);
    auto log = open_sample(disk);
    REQUIRE(log);
    CHECK(log->begin() > 0);
    for (auto at = log->begin(); at < log->end();) {
        const auto part = log->read(at);
        REQUIRE(part);
        for (const auto& r : part->records) {
            const auto expected = sample_record(r.position, 150);
            CHECK(std::equal(r.payload.begin(), r.payload.end(), expected.begin(), expected.end()));
            ++at;
        }
    }
    CHECK(log->end() == 16);
}

// A copy that is filled anew must not find what it held before, which others may have replaced.
TEST_CASE("a log of which nothing is needed holds nothing, whatever crashes", "[log]") {
    for (std::uint64_t crash = 0; crash < 40; ++crash) {
        INFO("power goes at operation " << crash);
        sim_storage disk;
        bool forgotten = false;
        {
            auto log = open_sample(disk);
            REQUIRE(log);
            for (std::uint64_t at = 0; at < 5; ++at)
                REQUIRE(append_pieces(*log, sample_record(at, 150)));
            REQUIRE(log->sync());
            if (crash > 0) disk.crash_at(disk.operations() + crash);
            forgotten = log->trim(log->end()).has_value();
            if (forgotten) forgotten = append_pieces(*log, sample_record(99, 20)) && log->sync();
            if (crash == 0) CHECK(log->begin() == 5);
        }
        disk.restart(survivors::drawn, crash);
        auto log = open_sample(disk);
        REQUIRE(log);
        CHECK((log->begin() == 5 || !forgotten));
        if (!forgotten) continue;
        const auto part = log->read(5);
        REQUIRE(part);
        CHECK(part->records.size() == 1);
    }
}
