// Copies of one part and the coordinator's list of them, message by message.
#include "actors/replication.hpp"

#include "actors/copy_list.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t run = 3;
constexpr std::uint64_t era = 2;

frame message(address from, const std::function<void(wire::Message::Builder)>& fill) {
    frame_builder b(from, {role::SHARD, 0}, run, era);
    fill(b.root());
    return b.finish();
}

frame lead(std::uint64_t life, std::uint64_t term, const std::vector<copy_life>& members,
           const std::vector<copy_life>& filling) {
    return message({role::COORDINATOR, 0}, [&](auto m) {
        auto l = m.initLead();
        l.setIncarnation(life);
        l.setTerm(term);
        write_copies([&](unsigned n) { return l.initMembers(n); }, members);
        write_copies([&](unsigned n) { return l.initFilling(n); }, filling);
    });
}

frame stands(std::uint16_t copy, std::uint64_t life, std::uint64_t term, bool leads,
             const std::vector<copy_life>& level) {
    return message({role::SHARD, 0, copy}, [&](auto m) {
        auto s = m.initStanding();
        s.setIncarnation(life);
        s.setTerm(term);
        s.setLeads(leads);
        write_copies([&](unsigned n) { return s.initLevel(n); }, level);
    });
}

struct primary {
    replication core{{{role::SHARD, 0}, run, 10, 2, 40, 4}};
    outbox out;

    primary() { core.begin_era(era); }
    replication::order led(std::uint64_t term, const std::vector<copy_life>& members,
                           const std::vector<copy_life>& filling) {
        const auto f = lead(10, term, members, filling);
        return core.lead(frame_reader(f).root().getLead(), out);
    }
    void fill(copy_life to) {
        core.fill(to, message({role::SHARD, 0}, [](auto m) { m.initRestore(); }), {}, out);
    }
    void hears(copy_life copy, std::uint64_t term) {
        const auto f = message({role::SHARD, 0, copy.copy}, [&](auto m) {
            auto a = m.initAppended();
            a.setIncarnation(copy.incarnation);
            a.setTerm(term);
            a.setNext(core.next());
            a.setFilled(term);
        });
        core.appended(frame_reader(f).root(), out);
    }
    std::vector<copy_life> says_level() const {
        outbox said;
        core.stand(said);
        frame_reader reader(said.back().frame);
        return read(reader.root().getStanding().getLevel());
    }
};

struct list {
    copy_list core{{{role::SHARD, 0}, run, 2, 2, 1'000}};
    outbox out;

    void hears(std::uint16_t copy, const frame& f, std::int64_t now_ms = 10) {
        frame_reader reader(f);
        core.stands(copy, reader.root().getStanding(), now_ms, out);
    }
};

const copy_life second{1, 20};

}  // namespace

TEST_CASE("one that leads no more says of nobody that it is level", "[replication]") {
    primary p;
    p.led(1, {}, {second});
    p.fill(second);
    p.hears(second, 1);
    REQUIRE(p.says_level() == std::vector{second});

    const auto f = message({role::COORDINATOR, 0}, [](auto m) {
        m.initFollow().setIncarnation(10);
        m.getFollow().setTerm(2);
    });
    p.core.follow(frame_reader(f).root().getFollow(), p.out);
    CHECK(p.says_level().empty());
}

TEST_CASE("what a copy said of another while it led does not count when it does not",
          "[replication]") {
    list l;
    l.core.begin_era(era);
    l.core.restored({0, 10});
    l.hears(1, stands(1, 20, 1, false, {}));
    l.hears(0, stands(0, 10, 1, false, {second}));
    CHECK(l.core.in_sync() == 1);
    l.hears(0, stands(0, 10, 1, true, {second}));
    CHECK(l.core.in_sync() == 2);
}

TEST_CASE("a member that a newer term is to have filled is filled", "[replication]") {
    primary p;
    p.led(1, {second}, {});
    CHECK(p.led(1, {second}, {}).to_fill.empty());
    CHECK(p.led(2, {}, {second}).to_fill == std::vector{second});
}

TEST_CASE("a state that is on its way is said again, each time later", "[replication]") {
    primary p;
    p.led(1, {}, {second});
    p.fill(second);
    std::vector<int> beats;
    for (int beat = 1; beat <= 80; ++beat) {
        p.out.clear();
        p.core.tick(p.out);
        for (const auto& o : p.out)
            if (frame_reader(o.frame).root().isRestore()) beats.push_back(beat);
    }
    CHECK(beats == std::vector{5, 15, 35, 75});
}

TEST_CASE("who leads and is on no list is told to begin anew", "[replication]") {
    list l;
    l.core.adopt(era, {7, {{0, 10}}}, 0);
    l.hears(1, stands(1, 20, 5, true, {}));
    REQUIRE(l.out.size() == 1);
    CHECK(l.out.front().to == address{role::SHARD, 0, 1});
    frame_reader reader(l.out.front().frame);
    CHECK(reader.root().getFenced().getIncarnation() == 20);
    CHECK_FALSE(l.core.lives(second));
}

namespace {

/// A part with three places; the first life of each copy is 10 more than its number.
struct moving : list {
    explicit moving(std::uint16_t wanted, bool logged = false) {
        core = copy_list({{role::SHARD, 0}, run, 3, wanted, 100, logged});
        core.begin_era(era);
        for (std::uint16_t c = 0; c < 3; ++c) core.empty_handed(life(c), 1, out);
        core.restored(life(0));
        core.tick(1);
        lead();
    }
    static copy_life life(std::uint16_t copy) { return {copy, 10u + copy}; }
    std::uint64_t term() {
        if (core.to_note()) core.take_note();
        return core.noted().term;
    }
    void lead(std::uint16_t copy = 0, const std::vector<copy_life>& level = {}) {
        hears(copy, stands(copy, life(copy).incarnation, term(), true, level));
    }
    /// The primary is gone: the last one follows and is chosen.
    void take_over(std::uint16_t copy) {
        out.clear();
        core.send(true, out);
        REQUIRE(out.size() == 1);
        frame_reader reader(out.front().frame);
        REQUIRE(reader.root().isFollow());
        hears(copy,
              stands(copy, life(copy).incarnation, reader.root().getFollow().getTerm(), false, {}));
        lead(copy);
    }
    void leaves(std::uint16_t copy, bool leads) {
        hears(copy, message({role::SHARD, 0, copy}, [&](auto m) {
                  auto s = m.initStanding();
                  s.setIncarnation(life(copy).incarnation);
                  s.setTerm(term());
                  s.setLeads(leads);
                  s.setLeaving(true);
              }));
    }
    std::vector<std::uint16_t> fills() const {
        std::vector<std::uint16_t> all;
        for (const auto& f : core.filling()) all.push_back(f.copy);
        return all;
    }
};

using places = std::vector<std::uint16_t>;

}  // namespace

TEST_CASE("a part that moves is filled there before it ends here", "[replication][move]") {
    moving m(1);
    CHECK(m.fills().empty());
    REQUIRE(m.core.place(2, 0));
    CHECK(m.fills() == places{2});
    CHECK(m.core.leader() == std::uint16_t(0));
    m.hears(2, stands(2, 12, m.term(), false, {}));
    m.lead(0, {moving::life(2)});
    CHECK(m.core.members() == places{0, 2});  // the journal is to know first
    REQUIRE(m.core.to_note());
    m.lead(0);
    CHECK(m.core.members() == places{2});
    CHECK_FALSE(m.core.leader());
    m.take_over(2);
    CHECK(m.core.leader() == std::uint16_t(2));
    CHECK(m.core.complete());

    m.out.clear();
    m.hears(0, stands(0, 10, 1, true, {}));  // who held it is told that it is over
    REQUIRE(m.out.size() == 1);
    frame_reader reader(m.out.front().frame);
    CHECK(reader.root().getFenced().getIncarnation() == 10);
}

TEST_CASE("a move that cannot be, or is none, changes nothing", "[replication][move]") {
    moving m(2);
    CHECK_FALSE(m.core.place(1, 0));  // it is wanted there already
    CHECK_FALSE(m.core.place(0, 0));
    CHECK_FALSE(m.core.place(3, 0));  // there is no such place
    CHECK_FALSE(m.core.place(2, 3));
    m.core.left(moving::life(2));
    CHECK_FALSE(m.core.place(2, 1));  // its node is about to end
    CHECK(m.fills() == places{1});
}

TEST_CASE("where copies are wanted, a member stays until another is in sync",
          "[replication][move]") {
    moving m(2);
    m.lead(0, {moving::life(1)});
    REQUIRE(m.core.members() == places{0, 1});
    REQUIRE(m.core.place(2, 1));
    m.core.disconnected(2);  // who is to be filled is gone
    CHECK(m.core.members() == places{0, 1});
    m.core.empty_handed({2, 30}, 2, m.out);
    CHECK(m.fills() == places{2});
    m.lead(0, {{2, 30}});
    CHECK(m.core.members() == places{0, 1, 2});
    m.lead(0);
    CHECK(m.core.members() == places{0, 2});
}

TEST_CASE("who leaves is replaced first, and goes when that is in sync", "[replication][move]") {
    moving m(1);
    m.leaves(0, true);
    CHECK(m.fills() == places{1});
    CHECK(m.core.members() == places{0});
    m.lead(0, {moving::life(1)});
    m.lead(0);
    CHECK(m.core.members() == places{1});
}

TEST_CASE("who leaves and is the last, with nobody to go to, stays", "[replication][move]") {
    moving m(1);
    m.core.left(moving::life(1));
    m.core.left(moving::life(2));
    m.leaves(0, true);
    CHECK(m.fills().empty());
    CHECK(m.core.members() == places{0});
    m.core.empty_handed({2, 30}, 2, m.out);  // one comes back
    CHECK(m.fills() == places{2});
}

TEST_CASE("a copy that is away for long is replaced by a spare one", "[replication][move]") {
    moving m(2);
    m.lead(0, {moving::life(1)});
    for (std::int64_t now = 50; now <= 1'100; now += 50) {
        m.core.postpone(now);
        m.core.empty_handed(moving::life(2), now, m.out);
        m.core.tick(now);
    }
    REQUIRE(m.core.members() == places{0, 1});
    const auto silent = [&](std::int64_t until) {  // of copy 1
        for (std::int64_t now = 1'150; now <= until; now += 50) {
            m.hears(0, stands(0, 10, m.term(), true, {}), now);
            m.core.empty_handed(moving::life(2), now, m.out);
            m.core.tick(now);
        }
    };
    silent(2'000);
    CHECK(m.core.members() == places{0});
    CHECK(m.fills().empty());
    silent(2'200);
    CHECK(m.fills() == places{2});
}

TEST_CASE("the last in sync is not given up for silence before another can begin",
          "[replication][move]") {
    const auto lost_at = [](bool logged, bool others_speak) -> std::int64_t {
        moving m(1, logged);
        for (std::int64_t now = 50; now <= 3'000; now += 50) {
            if (others_speak) m.core.empty_handed(moving::life(1), now, m.out);
            m.core.tick(now);
            if (m.core.lost()) return now;
        }
        return 0;
    };
    CHECK(lost_at(false, true) == 1'050);  // ten dead times, and the next look
    CHECK(lost_at(false, false) == 0);
    CHECK(lost_at(true, true) == 0);  // its log has all of it
}
