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
    copy_list core{{{role::SHARD, 0}, run, 2, 1'000}};
    outbox out;

    void hears(std::uint16_t copy, const frame& f) {
        frame_reader reader(f);
        core.stands(copy, reader.root().getStanding(), 10, out);
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
