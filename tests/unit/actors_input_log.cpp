#include "actors/input_log.hpp"

#include "tests/catch.hpp"
#include "tests/unit/memory_log.hpp"

using namespace slackline;

namespace {

frame numbered(std::uint64_t number, std::uint64_t era = 1) {
    frame_builder b({role::WORKER, 0}, {role::SHARD, 0}, 1, era);
    b.root().initBeat().setIncarnation(number);
    return b.finish();
}
std::uint64_t number_of(const frame& f) {
    return frame_reader(f).root().getBeat().getIncarnation();
}
outgoing answer_to(std::uint64_t number) {
    return {{role::WORKER, 0}, numbered(number)};
}
std::vector<std::uint64_t> taken(outbox& out) {
    std::vector<std::uint64_t> numbers;
    for (const auto& o : out) numbers.push_back(number_of(o.frame));
    out.clear();
    return numbers;
}
using numbers = std::vector<std::uint64_t>;

/// A log that was read once, so that it takes appends.
struct bench {
    bench() { restart(); }
    void restart(std::uint64_t era = 1) {
        core = input_log(&log);
        core.read_all(era);
        read_rest();
    }
    void read_rest(std::size_t most = 1'000'000) {
        again.clear();
        while (!core.take(log.answer(most), [&](const frame& f, std::uint64_t position) {
            again.push_back(number_of(f));
            CHECK(log.frames[position].owner() == f.owner());
        })) {
        }
    }
    memory_log log;
    input_log core{nullptr};
    numbers again;
    outbox out;
};

}  // namespace

TEST_CASE("an answer leaves once all that was appended before it is durable", "[input-log]") {
    bench s;
    s.core.append(numbered(10), urgency::at_once, s.out);
    s.core.send(answer_to(10), s.out);
    s.core.append(numbered(11), urgency::at_once, s.out);
    s.core.append(numbered(12), urgency::at_once, s.out);
    s.core.send(answer_to(12), s.out);
    s.core.send(answer_to(13), s.out);
    CHECK(taken(s.out).empty());
    s.core.note({1}, s.out);
    CHECK(taken(s.out) == numbers{10});
    CHECK(s.core.durable(0));
    CHECK_FALSE(s.core.durable(1));
    s.core.note({2}, s.out);
    CHECK(taken(s.out).empty());
    s.core.note({1}, s.out);  // late
    s.core.note({3}, s.out);
    CHECK(taken(s.out) == numbers{12, 13});
    s.core.send(answer_to(14), s.out);  // nothing is outstanding
    CHECK(taken(s.out) == numbers{14});
}

TEST_CASE("without a log everything is as if durable", "[input-log]") {
    input_log core(nullptr);
    outbox out;
    core.append(numbered(1), urgency::at_once, out);
    core.send(answer_to(1), out);
    CHECK(taken(out) == numbers{1});
    CHECK(core.durable(7));
    core.read_all(3);
    CHECK_FALSE(core.reading());
    core.sync(out);
    core.note_cut(1, 0);
    core.kept(1);
}

TEST_CASE("a new life reads its era, part by part, and goes on behind it", "[input-log]") {
    const auto most = GENERATE(1u, 2u, 100u);
    bench s;
    s.core.append(numbered(1, 1), urgency::at_once, s.out);
    s.core.append(numbered(2, 2), urgency::at_once, s.out);
    s.core.append(numbered(3, 2), urgency::at_once, s.out);
    s.core = input_log(&s.log);
    s.core.read_all(2);
    CHECK(s.core.reading());
    s.core.note({3}, s.out);  // of the former life
    s.read_rest(most);
    CHECK(s.again == numbers{2, 3});
    CHECK(s.core.found());
    CHECK_FALSE(s.core.reading());
    CHECK(s.log.begin == 1);  // the older era's is not needed any more
    CHECK(s.core.next() == 3);
    CHECK(s.core.durable(2));
    s.core.append(numbered(4, 2), urgency::at_once, s.out);
    s.core.send(answer_to(4), s.out);
    CHECK(taken(s.out).empty());
    s.core.note({4}, s.out);
    CHECK(taken(s.out) == numbers{4});
}

TEST_CASE("what is of newer eras stays, and an era without anything says so", "[input-log]") {
    bench s;
    s.core.append(numbered(1, 5), urgency::at_once, s.out);
    s.restart(4);
    CHECK_FALSE(s.core.found());
    CHECK(s.log.begin == 0);
    s.restart(6);
    CHECK_FALSE(s.core.found());
    CHECK(s.log.begin == 1);
}

TEST_CASE("the answer to a former read is not taken", "[input-log]") {
    bench s;
    s.core.append(numbered(1), urgency::at_once, s.out);
    s.core.read_all(1);
    const auto late = s.log.answer();
    s.core.read_all(2);
    CHECK_FALSE(s.core.take(late, [](const frame&, std::uint64_t) { FAIL("it was taken"); }));
    CHECK(s.core.reading());
}

TEST_CASE("what can wait is synced with the next that cannot, or when asked for", "[input-log]") {
    bench s;
    s.core.sync(s.out);
    CHECK(s.log.syncs == 0);
    s.core.append(numbered(1), urgency::can_wait, s.out);
    CHECK(s.log.urgent == std::vector<bool>{false});
    s.core.sync(s.out);
    s.core.sync(s.out);
    CHECK(s.log.syncs == 1);
    s.core.append(numbered(2), urgency::can_wait, s.out);
    s.core.append(numbered(3), urgency::at_once, s.out);
    s.core.sync(s.out);
    CHECK(s.log.syncs == 1);
}

TEST_CASE("the log is trimmed to what the oldest kept checkpoint needs", "[input-log]") {
    bench s;
    for (std::uint64_t i = 0; i < 9; ++i) s.core.append(numbered(i), urgency::at_once, s.out);
    s.core.note_cut(10, 2);
    s.core.note_cut(20, 5);
    s.core.note_cut(30, 7);
    s.core.kept(9);  // none is as old
    CHECK(s.log.begin == 0);
    s.core.kept(15);  // nobody knows it: as the one before
    CHECK(s.log.begin == 2);
    s.core.kept(20);
    CHECK(s.log.begin == 5);
    s.core.kept(10);  // late
    CHECK(s.log.begin == 5);
    s.core.kept(30);
    CHECK(s.log.begin == 7);
}

TEST_CASE("a log that has grown says so once, and again when it has grown as much", "[input-log]") {
    bench s;
    const auto size = numbered(1).size_bytes();
    const auto grow = [&] { s.core.append(numbered(1), urgency::at_once, s.out); };
    grow();
    CHECK_FALSE(s.core.has_grown_by(2 * size));
    grow();
    CHECK(s.core.has_grown_by(2 * size));
    CHECK_FALSE(s.core.has_grown_by(2 * size));
    grow();
    grow();
    CHECK(s.core.has_grown_by(2 * size));
    grow();
    s.core.note_cut(1, 0);
    grow();
    CHECK_FALSE(s.core.has_grown_by(2 * size));
}
