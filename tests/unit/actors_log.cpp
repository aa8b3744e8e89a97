// The write-ahead log against a list of what was appended, on a disk that works.
#include "actors/log/write_ahead_log.hpp"
#include "tests/unit/log_samples.hpp"

using namespace slackline;

namespace {

/// A log, and all that was appended to it.
struct walked {
    sim_storage disk;
    std::vector<bytes> appended;
    std::uint64_t durable = 0;  ///< how many of them were synced
    std::uint64_t kept_from = 0;
    std::unique_ptr<write_ahead_log> log = open();

    std::unique_ptr<write_ahead_log> open() {
        auto l = open_sample(disk);
        INFO((l ? "" : l.error().sentence));
        REQUIRE(l);
        return std::make_unique<write_ahead_log>(std::move(*l));
    }

    void append(std::size_t n) {
        appended.push_back(sample_record(appended.size(), n));
        const auto at = append_pieces(*log, appended.back());
        REQUIRE(at);
        REQUIRE(*at + 1 == appended.size());
    }

    void check() {
        REQUIRE(log->end() == appended.size());
        REQUIRE(log->durable() == durable);
        REQUIRE(log->begin() <= kept_from);
        for (auto at = log->begin(); at < log->end();) at += check_part(at);
        REQUIRE(log->read(log->end()).value().records.empty());
    }

    std::size_t check_part(std::uint64_t from) {
        const auto part = log->read(from);
        INFO((part ? "" : part.error().sentence));
        REQUIRE(part);
        REQUIRE_FALSE(part->records.empty());
        for (const auto& r : part->records) {
            REQUIRE(r.position == from++);
            REQUIRE(std::equal(r.payload.begin(), r.payload.end(), appended[r.position].begin(),
                               appended[r.position].end()));
        }
        return part->records.size();
    }
};

void step(walked& w, std::mt19937_64& random) {
    switch (random() % 8) {
        case 0:
            w.log.reset();  // as if the process was killed: what it wrote is still there
            w.log = w.open();
            w.durable = w.appended.size();
            break;
        case 1:
            REQUIRE(w.log->sync());
            w.durable = w.appended.size();
            break;
        case 2:
            w.kept_from += random() % (w.durable - w.kept_from + 1);
            REQUIRE(w.log->trim(w.kept_from));
            break;
        default:
            w.append(1 + random() % (random() % 30 == 0  ? 200'000  // written in parts
                                     : random() % 4 == 0 ? 3 * sample_segment_bytes
                                                         : 60));
            // A new segment begins when the one before is durable.
            REQUIRE((w.log->durable() == w.durable || w.log->durable() + 1 == w.appended.size()));
            w.durable = w.log->durable();
    }
}

}  // namespace

TEST_CASE("a log gives back what was appended, whenever it is opened", "[log]") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        walked w;
        for (int i = 0; i < 60; ++i) {
            step(w, random);
            w.check();
        }
        REQUIRE(w.disk.violations().empty());
    }
}

TEST_CASE("what is trimmed is gone from the disk, and positions go on", "[log]") {
    walked w;
    for (int i = 0; i < 50; ++i) w.append(sample_segment_bytes / 4);
    REQUIRE(w.log->sync());
    const auto files = w.disk.list(sample_folder).value().size();
    REQUIRE(files > 5);
    REQUIRE(w.log->trim(w.log->end()));
    CHECK(w.disk.list(sample_folder).value().size() == 1);
    CHECK(w.log->begin() > 0);
    require_failure(w.log->read(0), failure_code::not_found);
    w.log = w.open();
    CHECK(w.log->end() == 50);
    w.append(8);
    w.log = w.open();
    CHECK(w.log->end() == 51);
}

TEST_CASE("an empty record and one that is too long are refused, and change nothing", "[log]") {
    walked w;
    w.append(5);
    require_failure(w.log->append({}), failure_code::usage);
    const bytes one(1);
    const std::vector<std::span<const std::byte>> huge{
        {one.data(), one.size()}, {one.data(), std::size_t{1} << 32}};  // never read
    require_failure(w.log->append(huge), failure_code::usage);
    REQUIRE(w.log->sync());
    w.durable = 1;
    w.check();
}

TEST_CASE("after a write or a sync that failed a log takes nothing until it is opened", "[log]") {
    sim_storage whole;
    const auto all = [&] {
        auto log = open_sample(whole).value();
        for (std::uint64_t i = 0; i < 6; ++i)
            static_cast<void>(append_pieces(log, sample_record(i, 50)).value());
        REQUIRE(log.sync());
        return whole.operations();
    }();
    std::size_t broken = 0;
    for (std::uint64_t n = 1; n <= all; ++n) {
        CAPTURE(n);
        sim_storage disk;
        disk.fail_at(n);
        auto log = open_sample(disk);
        if (!log) continue;
        bool failed = false;
        std::uint64_t durable = 0;
        for (std::uint64_t i = 0; i < 6 && !failed; ++i) {
            failed = !append_pieces(*log, sample_record(i, 50)) || !log->sync();
            if (!failed) durable = i + 1;
        }
        if (!failed) continue;
        ++broken;
        CHECK(log->durable() == durable);
        const auto more = append_pieces(*log, sample_record(9, 50));
        require_failure(more, failure_code::io);
        CHECK(more.error().sentence.find("opened anew") != std::string::npos);
        require_failure(log->sync(), failure_code::io);
        REQUIRE(disk.violations().empty());
        log = open_sample(disk);
        REQUIRE(log);
        CHECK(log->end() >= durable);
        const auto found = log->end();
        REQUIRE(log->trim(found));
        disk.restart(survivors::nothing);
        log = open_sample(disk);
        REQUIRE(log);
        CHECK(log->end() == found);  // what was found is durable, and so is where it ends
        CHECK(append_pieces(*log, sample_record(9, 50)));
        CHECK(log->sync());
    }
    CHECK(broken > 6);
}

TEST_CASE("no position below what is kept is given twice, whatever became of the files", "[log]") {
    sim_storage disk;
    const std::uint64_t before = GENERATE(0, 1, 4, 40);
    {
        auto log = open_sample(disk).value();
        for (std::uint64_t i = 0; i < before; ++i)
            static_cast<void>(append_pieces(log, sample_record(i, 90)).value());
        REQUIRE(log.sync());
    }
    auto log = open_sample(disk, 100);
    REQUIRE(log);
    CHECK(log->begin() == 100);
    CHECK(log->end() == 100);
    CHECK(disk.list(sample_folder).value().empty());
    CHECK(log->read(100).value().records.empty());
    require_failure(log->read(99), failure_code::not_found);
    require_failure(log->read(101), failure_code::not_found);
    CHECK(append_pieces(*log, sample_record(100, 9)) == 100u);
    REQUIRE(log->sync());
    log = open_sample(disk, 100);
    REQUIRE(log);
    CHECK(log->end() == 101);
    CHECK(log->read(100).value().records.size() == 1);
}

TEST_CASE("a log that is opened is trimmed first", "[log]") {
    walked w;
    for (int i = 0; i < 50; ++i) w.append(sample_segment_bytes / 4);
    REQUIRE(w.log->sync());
    const auto files = w.disk.list(sample_folder).value().size();
    auto log = open_sample(w.disk, 40);
    REQUIRE(log);
    CHECK(log->begin() <= 40);
    CHECK(log->begin() > 30);
    CHECK(log->end() == 50);
    CHECK(w.disk.list(sample_folder).value().size() < files / 2);
}

TEST_CASE("files that are no segments are left alone", "[log]") {
    sim_storage disk;
    {
        REQUIRE(open_sample(disk));
    }
    for (const char* name :
         {"ffffffffffffffff.log", "000000000000000A.log", "0.log", "0000000000000000.txt",
          "0000000000000000.log.old", "0000000000000000.new", "0.log.new"})
        put_file(disk, sample_folder + "/" + name, "something");
    auto log = open_sample(disk);
    REQUIRE(log);
    CHECK(log->end() == 0);
    CHECK(append_pieces(*log, sample_record(0, 9)) == 0u);
    CHECK(disk.list(sample_folder).value().size() == 8);
}

TEST_CASE("segments that were never finished are removed when the log is opened", "[log]") {
    sim_storage disk;
    {
        auto log = open_sample(disk).value();
        static_cast<void>(append_pieces(log, sample_record(0, 9)).value());
        REQUIRE(log.sync());
    }
    const auto names = disk.list(sample_folder).value();
    put_file(disk, sample_folder + "/0000000000000005.log.new", "half of a he");
    put_file(disk, sample_folder + "/0000000000000000.log.new", "");
    REQUIRE(open_sample(disk));
    CHECK(disk.list(sample_folder).value() == names);
}

TEST_CASE("another log's folder is left as it is", "[log]") {
    walked w;
    for (int i = 0; i < 50; ++i) w.append(sample_segment_bytes / 4);
    REQUIRE(w.log->sync());
    put_file(w.disk, sample_folder + "/0000000000000060.log.new", "half of a he");
    const auto names = w.disk.list(sample_folder).value();
    const auto last = w.disk.read(sample_folder + "/" + names[names.size() - 2]).value();
    const log_identity other{7, {role::SHARD, 4}};
    for (const std::uint64_t kept_from : {0, 40, 100})
        require_failure(
            write_ahead_log::open(w.disk, sample_folder, other, kept_from, sample_segment_bytes),
            failure_code::checksum);
    CHECK(w.disk.list(sample_folder).value() == names);
    CHECK(w.disk.read(sample_folder + "/" + names[names.size() - 2]).value() == last);
}
