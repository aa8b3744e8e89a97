// A shard and a copy of it, message by message: what the primary takes in the copy holds, what is
// said waits for that, and the copy goes on as the primary with the same bits.
#include "tests/catch.hpp"
#include "tests/unit/shard_bench.hpp"

using namespace slackline;

namespace {

shard_settings settings_of(std::uint16_t copy, std::uint64_t life) {
    auto s = shard_bench::settings();
    s.copy = copy;
    s.places = 2;
    s.incarnation = life;
    s.next_life = [life]() mutable { return life += 10; };
    return s;
}

struct pair_of_copies {
    pair_of_copies() {
        lead(primary, 0, 1, 1, {}, {{1, 2}});
        exchange();
    }

    void hand(shard_bench& to, const frame& f) {
        frame_reader reader(f);
        to.core.handle(f, reader.root(), 0, to.out);
    }
    void lead(shard_bench& to, std::uint16_t which, std::uint64_t life, std::uint64_t term,
              const std::vector<copy_life>& members, const std::vector<copy_life>& filling) {
        frame_builder b({role::COORDINATOR, 0}, {role::SHARD, 0, which}, shard_bench::run,
                        shard_bench::era);
        auto l = b.root().initLead();
        l.setIncarnation(life);
        l.setTerm(term);
        write_copies([&](unsigned n) { return l.initMembers(n); }, members);
        write_copies([&](unsigned n) { return l.initFilling(n); }, filling);
        hand(to, b.finish());
    }
    /// What the two say to each other, until they have no more to say; the rest is in `said`.
    void exchange() {
        while (!primary.out.empty() || !copy.out.empty())
            for (auto* from : {&primary, &copy})
                for (auto& o : std::exchange(from->out, {})) {
                    if (o.to.role != role::SHARD)
                        said.push_back(std::move(o));
                    else if (!cut)
                        hand(o.to.copy == 0 ? primary : copy, o.frame);
                }
    }
    std::size_t count(wire::Message::Which kind) const {
        return static_cast<std::size_t>(std::count_if(
            said.begin(), said.end(), [&](auto& o) { return o.frame.envelope().kind == kind; }));
    }
    /// As `push` of the bench, but what it says is not forgotten.
    void push(shard_bench& to, item_id item, float value, std::uint64_t base = 0) {
        shard_bench::push_spec p;
        p.item = item;
        p.value = value;
        p.base = base;
        p.row = {value, 2 * value};
        to.push(p);
        exchange();
    }
    std::vector<float> parameters(shard_bench& of) {
        of.pull(0);
        std::vector<float> all(16);
        const bool read = of.answer(wire::Message::PULLED, [&](auto m) {
                                return read_floats(m.getPulled().getDense(), all);
                            }).value_or(false);
        exchange();
        return read ? all : std::vector<float>{};
    }

    shard_bench primary{settings_of(0, 1)};
    shard_bench copy{settings_of(1, 2)};
    std::vector<outgoing> said;
    bool cut = false;  ///< nothing passes between the two
};

}  // namespace

TEST_CASE("a push has landed when the copy holds it", "[shard][copies]") {
    pair_of_copies s;
    s.said.clear();
    s.cut = true;
    s.push(s.primary, 0, 1);
    CHECK(s.count(wire::Message::LANDED) == 0);
    s.push(s.primary, 0, 1);  // again: it is held, and not by all
    CHECK(s.count(wire::Message::LANDED) == 0);
    s.cut = false;
    s.primary.core.tick(0, s.primary.out);  // nothing came back in a heartbeat
    s.primary.core.tick(0, s.primary.out);
    s.exchange();
    CHECK(s.count(wire::Message::LANDED) == 1);
}

TEST_CASE("a copy answers nobody, and what it is is the primary's bits when it leads",
          "[shard][copies]") {
    pair_of_copies s;
    s.push(s.primary, 0, 1);
    s.push(s.primary, 1, 3);
    s.primary.order(0, shard_bench::applied(1, 0));
    s.exchange();
    s.push(s.primary, 2, 5, 1);  // with it goes what could wait
    const auto before = s.parameters(s.primary);
    REQUIRE_FALSE(before.empty());
    CHECK(s.parameters(s.copy).empty());

    s.said.clear();
    s.lead(s.copy, 1, 2, 2, {}, {});  // the primary is dead
    s.exchange();
    CHECK(s.parameters(s.copy) == before);
    s.push(s.copy, 1, 3);  // it landed there already, and is not taken twice
    CHECK(s.count(wire::Message::LANDED) == 1);
    s.copy.order(1, shard_bench::applied(2, 1));
    s.exchange();
    CHECK(s.parameters(s.copy) != before);
}

TEST_CASE("a primary that was replaced acknowledges nothing", "[shard][copies]") {
    pair_of_copies s;
    s.lead(s.primary, 0, 1, 2, {{1, 2}}, {});  // both are on the list
    s.exchange();
    s.lead(s.copy, 1, 2, 3, {}, {});
    s.exchange();
    s.said.clear();
    s.push(s.primary, 0, 1);
    s.primary.core.tick(0, s.primary.out);
    s.exchange();
    CHECK(s.count(wire::Message::LANDED) == 0);
    s.push(s.copy, 0, 1);
    CHECK(s.count(wire::Message::LANDED) == 1);
}

TEST_CASE("what was landed and not applied is carried to a copy that comes late",
          "[shard][copies]") {
    pair_of_copies s;
    s.push(s.primary, 0, 1);
    s.push(s.primary, 1, 2);
    shard_bench late(settings_of(1, 9));
    std::swap(s.copy.out, late.out);
    s.lead(s.primary, 0, 1, 2, {}, {{1, 9}});
    for (int n = 0; n < 4; ++n) {  // by hand: the late one in the copy's place
        for (auto& o : std::exchange(s.primary.out, {}))
            if (o.to == address{role::SHARD, 0, 1}) s.hand(late, o.frame);
        for (auto& o : std::exchange(late.out, {}))
            if (o.to == address{role::SHARD, 0}) s.hand(s.primary, o.frame);
    }
    s.lead(late, 1, 9, 3, {}, {});
    late.out.clear();
    late.order(0, shard_bench::applied(1, 0), shard_bench::applied(2, 1));
    CHECK_FALSE(late.answer(wire::Message::LOST, [](auto) { return true; }));
    late.pull(2);
    CHECK(late.answer(wire::Message::PULLED, [](auto m) { return m.getPulled().getCount(); }) ==
          2u);
}

TEST_CASE("a life that was declared dead begins anew", "[shard][copies]") {
    pair_of_copies s;
    frame_builder b({role::COORDINATOR, 0}, {role::SHARD, 0, 1}, shard_bench::run,
                    shard_bench::era);
    b.root().initFenced().setIncarnation(2);
    s.hand(s.copy, b.finish());
    s.copy.out.clear();
    s.copy.core.tick(0, s.copy.out);
    const auto life =
        s.copy.answer(wire::Message::READY, [](auto m) { return m.getReady().getIncarnation(); });
    CHECK(life == 12u);
}
