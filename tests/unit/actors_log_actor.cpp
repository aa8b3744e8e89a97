// The actor that owns a log: group commit, what it does where the disk fails, and who may have it.
#include "actors/log/log_actor.hpp"

#include "tests/catch.hpp"
#include "tests/sim/sim_storage.hpp"
#include "tests/unit/log_samples.hpp"
#include "tests/unit/scheduled.hpp"

using namespace slackline;

namespace {

frame numbered(std::uint64_t number) {
    frame_builder b({role::WORKER, 0}, {role::SHARD, 3}, 7, 2);
    b.root().initBeat().setIncarnation(number);
    return b.finish();
}

/// What an owner heard of its log.
struct owner_notes {
    std::vector<std::uint64_t> durable;
    std::vector<logged_part> parts;
    std::unique_ptr<log_edge> log;
    int appends = 0;
};

caf::behavior owner(caf::event_based_actor* self, std::shared_ptr<owner_notes> notes,
                    caf::actor log) {
    notes->log = edge_to_log(self, std::move(log));
    return {
        [notes](const logged& l) { notes->durable.push_back(l.next); },
        [notes](const logged_part& p) { notes->parts.push_back(p); },
        // So many appends at once, that wait or not; then a read from a position, or none.
        [notes](int n, bool at_once) {
            for (int i = 0; i < n; ++i)
                notes->log->append(numbered(static_cast<std::uint64_t>(notes->appends++)),
                                   at_once ? urgency::at_once : urgency::can_wait);
        },
        [notes](std::uint64_t position, std::uint64_t tag) { notes->log->read(position, tag); },
    };
}

struct bench {
    bench() { begin(); }

    void begin() {
        notes = std::make_shared<owner_notes>();
        log = s.system.spawn(log_actor, place());
        log->attach_functor([this](const caf::error& why) { ended = s.system.render(why); });
        who = s.system.spawn(owner, notes, log);
        s.settle();
    }
    log_place place() {
        log_place p;
        p.files = &disk;
        p.folder = sample_folder;
        p.id = sample_log;
        p.segment_bytes = 512;
        p.lock = [this](const std::string& folder) -> result<std::shared_ptr<void>> {
            asked.push_back(folder);
            if (held.lock()) return fail(failure_code::already_exists, "process 7 has it");
            const auto mine = std::make_shared<int>();
            held = mine;
            return std::shared_ptr<void>(mine);
        };
        p.tell = [this](const std::string& sentence) { told.push_back(sentence); };
        return p;
    }
    template <class... Arguments>
    void tell_owner(Arguments... arguments) {
        caf::anon_send(who, arguments...);
        s.settle();
    }
    std::vector<std::uint64_t> read(std::uint64_t position) {
        notes->parts.clear();
        tell_owner(position, std::uint64_t{5});
        std::vector<std::uint64_t> numbers;
        if (notes->parts.size() != 1) return numbers;
        CHECK(notes->parts[0].tag == 5);
        for (const auto& f : notes->parts[0].frames)
            numbers.push_back(frame_reader(f).root().getBeat().getIncarnation());
        return numbers;
    }
    void end() {
        caf::anon_send_exit(who, caf::exit_reason::kill);
        caf::anon_send_exit(log, caf::exit_reason::kill);
        who = nullptr;
        log = nullptr;
        s.settle();
    }

    scheduled s{1};
    sim_storage disk;
    std::weak_ptr<int> held;
    std::vector<std::string> asked;
    std::vector<std::string> told;
    std::string ended;
    std::shared_ptr<owner_notes> notes;
    caf::actor log;
    caf::actor who;
};

using numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("what is appended at once becomes durable with one sync", "[log-actor]") {
    bench b;
    b.tell_owner(4, true);
    CHECK(b.notes->durable == numbers{4});
    b.tell_owner(1, true);
    CHECK(b.notes->durable == numbers{4, 5});
    b.tell_owner(2, false);
    CHECK(b.notes->durable == numbers{4, 5});
    b.tell_owner(1, true);
    CHECK(b.notes->durable == numbers{4, 5, 8});
}

TEST_CASE("the next life reads what the former one wrote", "[log-actor]") {
    bench b;
    b.tell_owner(30, true);  // several segments
    b.end();
    b.disk.restart(survivors::nothing, 1);
    b.begin();
    numbers all;
    for (std::uint64_t at = 0; at < 30;) {
        const auto part = b.read(at);
        REQUIRE_FALSE(part.empty());
        CHECK(b.notes->parts[0].first == at);
        CHECK(b.notes->parts[0].end == 30);
        all.insert(all.end(), part.begin(), part.end());
        at += part.size();
    }
    for (std::uint64_t i = 0; i < 30; ++i) CHECK(all.at(i) == i);
    CHECK(b.read(30).empty());
}

TEST_CASE("what is read counts as durable, and is", "[log-actor]") {
    bench b;
    b.tell_owner(3, false);
    CHECK(b.read(0) == numbers{0, 1, 2});
    b.end();
    b.disk.restart(survivors::nothing, 1);
    b.begin();
    CHECK(b.read(0) == numbers{0, 1, 2});
}

TEST_CASE("a log ends with the disk's first refusal, and its next life goes on", "[log-actor]") {
    bench b;
    b.tell_owner(3, true);
    b.disk.fail_at(b.disk.operations() + 2);  // the sync
    b.tell_owner(1, true);
    CHECK(b.notes->durable == numbers{3});
    CHECK(b.ended.find("the disk refused") != std::string::npos);
    b.end();
    b.begin();
    const auto there = b.read(0);
    REQUIRE(there.size() >= 3);
    b.tell_owner(1, true);
    CHECK(b.notes->durable == numbers{there.size() + 1});
    CHECK(b.disk.violations().empty());
}

TEST_CASE("a damaged log is set aside and told; an empty one takes its place", "[log-actor]") {
    bench b;
    for (int i = 0; i < 3; ++i) b.tell_owner(1, true);
    b.end();
    const auto segment = sample_folder + "/0000000000000000.log";
    auto content = *b.disk.read(segment);
    content[60] ^= std::byte{1};
    b.disk.overwrite(segment, content);
    b.begin();
    CHECK(b.read(0).empty());
    REQUIRE(b.told.size() == 1);
    CHECK(b.told[0].find("it is set aside as run/log/shard-3.damaged") != std::string::npos);
    CHECK(*b.disk.read(sample_folder + ".damaged/0000000000000000.log") == content);
    b.tell_owner(1, true);
    CHECK(b.notes->durable == numbers{1});
}

TEST_CASE("a log is opened once nobody else has it, or not at all", "[log-actor]") {
    bench b;
    b.end();
    const auto other = std::make_shared<int>();
    b.held = other;
    b.begin();
    b.tell_owner(1, true);
    CHECK(b.notes->durable.empty());
    SECTION("in time") {
        b.s.pass_ms(2'000);
        b.held.reset();
        for (int n = 0; n < 10; ++n) b.s.pass_ms(100);
        CHECK(b.notes->durable == numbers{1});
    }
    SECTION("too late") {
        for (int n = 0; n < 120; ++n) b.s.pass_ms(50);
        CHECK(b.ended.find("process 7 has it") != std::string::npos);
    }
    CHECK(b.asked.back() == sample_folder);
}

TEST_CASE("damage that is found when a log is read is set aside, too", "[log-actor]") {
    bench b;
    for (int i = 0; i < 30; ++i) b.tell_owner(1, true);  // several segments
    b.end();
    const auto first = sample_folder + "/0000000000000000.log";
    auto content = *b.disk.read(first);
    content[60] ^= std::byte{1};
    b.disk.overwrite(first, content);
    b.begin();
    CHECK(b.told.empty());  // the last one is sound
    CHECK(b.read(0).empty());
    CHECK(b.notes->parts.empty());
    CHECK(b.ended.find("damaged") != std::string::npos);
    CHECK(b.told.size() == 1);
    b.end();
    b.begin();
    CHECK(b.read(0).empty());
    CHECK(b.notes->parts.size() == 1);  // an empty log
}

TEST_CASE("a disk or a memory that refuses leaves the log where it is", "[log-actor]") {
    bench b;
    b.tell_owner(1, true);
    b.disk.refuse_reads(GENERATE(failure_code::io, failure_code::exhausted));
    CHECK(b.read(0).empty());
    CHECK_FALSE(b.ended.empty());
    CHECK(b.told.empty());
    b.disk.refuse_reads(std::nullopt);
    b.end();
    b.begin();
    CHECK(b.read(0) == numbers{0});
}
