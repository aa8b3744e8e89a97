// The actor around a supervisor's decisions, on CAF's test scheduler: one thread, a clock that
// stands still, and the next actor to run drawn from a seed.
#include <fmt/format.h>

#include <map>

#include "actors/participant_actor.hpp"
#include "actors/supervisor_actor.hpp"
#include "tests/catch.hpp"
#include "tests/unit/scheduled.hpp"

using namespace slackline;

namespace {

using fall_atom = caf::atom_constant<caf::atom("fall")>;
using leave_atom = caf::atom_constant<caf::atom("leave")>;

/// A tree of named actors that say when they begin and end.
struct stage : scheduled {
    using scheduled::scheduled;
    ~stage() {
        caf::anon_send_exit(root, caf::exit_reason::kill);
        root = nullptr;
        actors.clear();
        settle();
    }

    child_spec player(const std::string& name, restart_kind kind = restart_kind::permanent,
                      bool stubborn = false) {
        const auto start = [this, name, stubborn](caf::event_based_actor*) -> caf::actor {
            if (starts_to_fail > 0) {
                --starts_to_fail;
                throw std::runtime_error("no room");
            }
            trace += "+" + name + " ";
            // With an argument: without one CAF 0.17 reads the arguments through a null pointer.
            const auto play = [this, name](caf::event_based_actor* self, bool ignores_exit) {
                set_house_handlers(self);
                if (ignores_exit) self->set_exit_handler([](caf::exit_msg&) {});
                self->attach_functor([this, name] { trace += "-" + name + " "; });
                return caf::behavior{
                    [](fall_atom) { throw std::runtime_error("it stumbled"); },
                    [self](leave_atom) { self->quit(); },
                };
            };
            const auto a = system.spawn(play, stubborn);
            actors[name] = a;
            return a;
        };
        return {{name, kind, 100}, start};
    }
    child_spec tree(const std::string& name, supervisor_spec spec) {
        spec.observer = [this](const std::string& sentence) { told.push_back(sentence); };
        const auto start = [this, name, spec](caf::event_based_actor*) {
            const auto a =
                system.spawn(supervisor_actor, spec, static_cast<const clock_edge*>(&clock));
            actors[name] = a;
            return a;
        };
        return {{name, restart_kind::permanent, 1'000}, start};
    }
    void raise(supervisor_spec spec) {
        root = tree("root", std::move(spec)).start(nullptr);
        root->attach_functor([this](const caf::error& why) {
            ended = true;
            reason = system.render(why);
        });
        settle();
    }
    /// What was heard since the last time.
    std::string heard() { return std::exchange(trace, ""); }
    template <class Atom>
    std::string tell(const std::string& name, Atom what) {
        caf::anon_send(actors.at(name), what);
        settle();
        return heard();
    }

    std::string trace;
    std::vector<std::string> told;
    std::map<std::string, caf::actor> actors;
    caf::actor root;
    int starts_to_fail = 0;
    bool ended = false;
    std::string reason;
};

supervisor_spec spec(strategy how, std::uint32_t restarts_max, std::vector<child_spec> children) {
    return {how, restarts_max, 1'000, std::move(children), {}};
}

}  // namespace

TEST_CASE("a child that throws is started again, and the observer learns why") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        stage s(seed);
        s.raise(spec(strategy::rest_for_one, 3, {s.player("a"), s.player("b"), s.player("c")}));
        CHECK(s.heard() == "+a +b +c ");
        CHECK(s.tell("b", fall_atom::value) == "-b -c +b +c ");
        REQUIRE(s.told.size() == 1);
        CHECK(s.told[0].rfind("b ended (", 0) == 0);
        CHECK(s.told[0].find("it stumbled") != std::string::npos);
        CHECK_FALSE(s.ended);
    }
}

TEST_CASE("a transient child that leaves stays away, one that falls comes back") {
    stage s(1);
    s.raise(spec(strategy::one_for_one, 3, {s.player("a", restart_kind::transient)}));
    CHECK(s.heard() == "+a ");
    CHECK(s.tell("a", fall_atom::value) == "-a +a ");
    CHECK(s.tell("a", leave_atom::value) == "-a ");
}

TEST_CASE("a supervisor asked to exit stops its children in reverse and ends without error") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        stage s(seed);
        s.raise(spec(strategy::one_for_one, 3, {s.player("a"), s.player("b"), s.player("c")}));
        s.heard();
        caf::anon_send_exit(s.root, caf::exit_reason::user_shutdown);
        s.settle();
        CHECK(s.heard() == "-c -b -a ");
        CHECK(s.ended);
        CHECK(s.reason.find("user_shutdown") != std::string::npos);
    }
}

TEST_CASE("a child that does not stop is killed when its time is over, not before") {
    stage s(1);
    s.raise(spec(strategy::one_for_one, 3,
                 {s.player("a"), s.player("b", restart_kind::permanent, true)}));
    s.heard();
    caf::anon_send_exit(s.root, caf::exit_reason::user_shutdown);
    s.settle();
    s.pass_ms(99);
    CHECK(s.heard().empty());
    s.pass_ms(1);
    CHECK(s.heard() == "-b -a ");
    CHECK(s.ended);
}

TEST_CASE("a first start that throws ends the supervisor with that sentence") {
    stage s(1);
    s.starts_to_fail = 1;
    s.raise(spec(strategy::one_for_one, 3, {s.player("a")}));
    CHECK(s.ended);
    CHECK(s.reason.find("a could not be started: no room") != std::string::npos);
}

TEST_CASE("a start that throws later is tried again, as one more restart") {
    stage s(1);
    s.raise(spec(strategy::one_for_one, 3, {s.player("a"), s.player("b")}));
    s.heard();
    s.starts_to_fail = 2;
    CHECK(s.tell("a", fall_atom::value) == "-a +a ");
    CHECK(s.tell("a", fall_atom::value) == "-a -b ");  // the fourth within the period
    CHECK(s.ended);
    CHECK(s.reason.find("a ended more than 3 times within 1000 ms") != std::string::npos);
}

TEST_CASE("a nested supervisor that gives up is started anew by its own") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        stage s(seed);
        s.raise(spec(strategy::one_for_one, 1,
                     {s.player("a"), s.tree("inner", spec(strategy::one_for_all, 1,
                                                          {s.player("x"), s.player("y")}))}));
        CHECK(s.heard() == "+a +x +y ");
        CHECK(s.tell("x", fall_atom::value) == "-x -y +x +y ");
        CHECK(s.tell("y", fall_atom::value) == "-y -x +x +y ");
        CHECK_FALSE(s.ended);
        CHECK(s.tell("y", fall_atom::value) == "-y -x +x +y ");
        CHECK(s.tell("y", fall_atom::value) == "-y -x -a ");
        CHECK(s.ended);
        CHECK(s.reason.find("inner ended more than 1 times") != std::string::npos);
    }
}

TEST_CASE("restarts that lie apart do not end a supervisor") {
    stage s(1);
    s.raise(spec(strategy::one_for_one, 1, {s.player("a")}));
    s.heard();
    for (int n = 0; n < 10; ++n) {
        CHECK(s.tell("a", fall_atom::value) == "-a +a ");
        s.pass_ms(1'001);
    }
}

TEST_CASE("a supervisor that is killed takes its children along") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        stage s(seed);
        s.raise(spec(strategy::one_for_one, 1,
                     {s.tree("inner", spec(strategy::one_for_one, 1, {s.player("x")}))}));
        CHECK(s.heard() == "+x ");
        caf::anon_send_exit(s.actors.at("inner"), caf::exit_reason::kill);
        s.settle();
        const auto heard = s.heard();
        CHECK((heard == "-x +x " || heard == "+x -x "));
    }
}
