// up() in real processes: what it starts again, in which order it stops, and that nothing is left.
//
// Every process holds the output's write end: that a wait() returns shows that all are gone.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <set>

#include "play.hpp"
#include "tests/catch.hpp"

namespace {

struct node {
    std::string name;  ///< begins with "first:" where it is first to stop, with "more:" where it
                       ///< is told only when they are read again
    words command;
};

node plays(const std::string& name, const std::string& behaviour) {
    return {name, scripted({"play", behaviour, name})};
}

node guards(const std::string& name, const words& behaviours) {
    words all{"guard", "90000"};
    all.insert(all.end(), behaviours.begin(), behaviours.end());
    return {name, scripted(all)};
}

words up_of(const std::vector<node>& nodes, const std::string& stop_ms = "90000") {
    words all{"up", stop_ms};
    for (const auto& n : nodes) {
        all.push_back(n.name);
        all.insert(all.end(), n.command.begin(), n.command.end());
        all.push_back(",");
    }
    return scripted(all);
}

// The processes that wait for signals, by name, once there are so many.
std::map<std::string, pid_t> all_wait(child& up, std::size_t nodes) {
    std::map<std::string, pid_t> pids;
    while (pids.size() < nodes) {
        const auto waits = next(up, "waits");
        pids[waits.at("name")] = waits.at("pid").get<pid_t>();
    }
    return pids;
}

std::string next_to_hear(child& up) {
    return next(up, "signal").at("name");
}

// Who has taken a signal, in that order.
words heard(const std::string& out) {
    words names;
    for (const auto& e : events(out, "signal")) names.push_back(e.at("name"));
    return names;
}

}  // namespace

TEST_CASE("a node that a signal ended is started again, the others go on, and no zombie stays") {
    child up(up_of({plays("a", "until:1"), plays("b", "until:2")}));
    const auto pids = all_wait(up, 2);
    ::kill(pids.at("a"), SIGKILL);
    CHECK(next(up, "waits").at("name") == "a");
    CHECK(::kill(pids.at("a"), 0) == -1);
    CHECK(errno == ESRCH);
    ::kill(pids.at("b"), SIGTERM);
    CHECK(next_to_hear(up) == "b");
    up.send(SIGTERM);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(end.err == "slackline: node a ended by SIGKILL; it is started again\n");
    const auto names = heard(end.out);
    CHECK(std::multiset<std::string>(names.begin(), names.end()) ==
          std::multiset<std::string>{"a", "b", "b"});
}

TEST_CASE("nodes find the signals as they were before, in process groups of their own") {
    child up(up_of({plays("a", "until:1")}));
    const auto before = next(up, "ups");
    const auto begun = next(up, "begins");
    CHECK(begun.at("signals") == before.at("signals"));
    CHECK(begun.at("parent") == before.at("pid"));
    CHECK(begun.at("group") == begun.at("pid"));
    next(up, "waits");
    up.send(SIGINT);
    CHECK(up.wait(patience).code == 130);
}

TEST_CASE("SIGHUP reaches who is first to stop, and starts nodes that are new or had ended") {
    child up(up_of({plays("first:c", "until:1"), plays("a", "exit:0"), plays("b", "until:1"),
                    plays("more:d", "until:1")}));
    const auto begin = [&](int n) {
        std::map<std::string, pid_t> pids;
        for (; n > 0; --n) {
            const auto begins = next(up, "begins");
            pids[begins.at("name")] = begins.at("pid").get<pid_t>();
        }
        return pids;
    };
    const auto before = begin(3);
    REQUIRE(before.contains("a"));
    await_end(before.at("a"));
    up.send(SIGHUP);
    const auto after = begin(2);
    CHECK(after.contains("a"));
    CHECK(after.contains("more:d"));
    up.send(SIGTERM);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    std::vector<std::string> hung_up;
    for (const auto& e : events(end.out, "signal"))
        if (e.at("signal") == SIGHUP) hung_up.push_back(e.at("name"));
    CHECK(hung_up == std::vector<std::string>{"first:c"});
}

TEST_CASE("a node that ends too often stops all, by name") {
    const auto end = run_child(
        up_of({plays("a", "until:1"), plays("bad", "segv"), plays("first:c", "until:1")}));
    INFO(end.err);
    CHECK(end.code == 1);
    CHECK(count(end.err, "slackline: node bad ended by SIGSEGV; it is started again\n") == 3);
    CHECK(count(end.err, "slackline: node bad ended more than 3 times within 5000 ms") == 1);
    CHECK(count(end.err, "\n") == 4);
}

TEST_CASE("a node that ends by itself with another code than 0 stops all, and the code is up's") {
    const auto end =
        run_child(up_of({plays("a", "until:1"), plays("b", "exit:2"), plays("c", "until:1")}));
    CHECK(end.code == 2);
    CHECK(end.err == "");
}

TEST_CASE("up is done when all nodes have ended with 0") {
    const auto end = run_child(up_of({plays("a", "exit:0"), plays("b", "exit:0")}));
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK(events(end.out, "begins").size() == 2);
}

TEST_CASE("a program that cannot be executed is told by name and path, and all are stopped") {
    const auto end = run_child(up_of({plays("a", "until:1"),
                                      plays("b", "until:1"),
                                      {"c", {"/no/such/program"}},
                                      plays("d", "until:1"),
                                      plays("e", "until:1")}));
    INFO(end.err);
    CHECK(end.code == 1);
    CHECK(count(end.err, "\n") == 1);
    CHECK(count(end.err,
                "slackline: node c could not be started: '/no/such/program' cannot be "
                "executed: No such file or directory") == 1);
    CHECK(events(end.out, "begins").size() <= 2);
}

TEST_CASE("those that are first to stop have ended before the others are asked") {
    const auto [signal, code] = GENERATE(table<int, int>({{SIGTERM, 143}, {SIGINT, 130}}));
    child up(up_of({plays("a", "until:1"), plays("first:b", "until:1"), plays("first:c", "until:2"),
                    plays("d", "until:1")}));
    const auto pids = all_wait(up, 4);
    up.send(signal);
    CHECK(next(up, "signal").at("signal") == SIGTERM);
    CHECK(next(up, "signal").at("signal") == SIGTERM);
    await_end(pids.at("first:b"));
    up.send(SIGTERM);  // which hurries nobody
    ::kill(pids.at("first:c"), SIGTERM);
    CHECK(next_to_hear(up) == "first:c");
    const auto end = up.wait(patience);
    CHECK(end.code == code);
    CHECK(end.err == "");
    const auto names = heard(end.out);
    REQUIRE(names.size() == 5);
    CHECK(std::set<std::string>(names.begin() + 3, names.end()) == std::set<std::string>{"a", "d"});
}

TEST_CASE("a second Ctrl-C asks all at once") {
    child up(up_of({plays("a", "until:1"), plays("first:b", "until:2")}));
    all_wait(up, 2);
    up.send(SIGINT);
    CHECK(next_to_hear(up) == "first:b");
    up.send(SIGINT);
    const auto end = up.wait(patience);
    CHECK(end.code == 130);
    CHECK(end.err == "");
    const auto names = heard(end.out);
    CHECK(std::multiset<std::string>(names.begin(), names.end()) ==
          std::multiset<std::string>{"a", "first:b", "first:b"});
}

TEST_CASE("a node that does not stop in time is killed by name, after the others were asked") {
    child up(up_of({plays("a", "until:1"), plays("first:deaf", "until:9")}, "1000"));
    const auto pids = all_wait(up, 2);
    const bool frozen = GENERATE(false, true);
    if (frozen) ::kill(pids.at("first:deaf"), SIGSTOP);
    up.send(SIGTERM);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(end.err ==
          "slackline: node deaf did not end within 1000 ms and is killed; what it had not saved is "
          "lost\n");
    const auto names = heard(end.out);
    CHECK(names.front() == (frozen ? "a" : "first:deaf"));
    CHECK(std::count(names.begin(), names.end(), "a") == 1);
}

TEST_CASE("a node that ended just before SIGTERM came is not started again by up") {
    child up(up_of({plays("a", "until:1"), plays("b", "until:1")}));
    const auto pids = all_wait(up, 2);
    freeze(up.pid());
    ::kill(pids.at("b"), SIGKILL);
    await_end(pids.at("b"));
    up.send(SIGTERM);
    up.send(SIGCONT);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(end.err == "");
    CHECK(events(end.out, "begins").size() == 2);
}

TEST_CASE("nodes, and what they guard, die with up when that is killed") {
    child up(up_of({plays("a", "until:9"), guards("b", {"until:9"})}));
    all_wait(up, 2);
    up.send(SIGKILL);
    CHECK(up.wait(patience).signal == SIGKILL);
}

TEST_CASE("a guard passes on that up stops it") {
    child up(up_of({guards("a", {"until:1", "exit:9"})}));
    all_wait(up, 1);
    up.send(SIGINT);
    const auto end = up.wait(patience);
    CHECK(end.code == 130);
    CHECK(end.err == "");
    CHECK(heard(end.out) == words{"n1"});
}

TEST_CASE("what a guard had started dies with it when up kills it") {
    child up(up_of({guards("a", {"until:9"})}, "100"));
    all_wait(up, 1);
    up.send(SIGTERM);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(count(end.err, "node a did not end within 100 ms and is killed") == 1);
}
