// up() in real processes: what it starts again, in which order it stops, and that nothing is left.
//
// Every process holds the output's write end: that a wait() returns shows that all are gone.
#include <cerrno>
#include <csignal>
#include <map>
#include <set>

#include "play.hpp"
#include "tests/catch.hpp"

namespace {

struct node {
    std::string name;
    words command;
};

words plays(const std::string& behaviour) {
    return scripted({"play", behaviour});
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

// The processes of nodes that wait for 1, 2, ... signals, by that number.
std::map<int, pid_t> all_wait(child& up, std::size_t nodes) {
    std::map<int, pid_t> pids;
    while (pids.size() < nodes) {
        const auto waits = next(up, "waits");
        pids[waits.at("stops").get<int>()] = waits.at("pid").get<pid_t>();
    }
    return pids;
}

// Who has taken a signal, in that order.
std::vector<pid_t> heard(const std::string& out) {
    std::vector<pid_t> pids;
    for (const auto& e : events(out, "signal")) pids.push_back(e.at("pid").get<pid_t>());
    return pids;
}

}  // namespace

TEST_CASE("a node that a signal ended is started again, the others go on, and no zombie stays") {
    child up(up_of({{"a", plays("until:1")}, {"b", plays("until:2")}}));
    auto pids = all_wait(up, 2);
    const auto killed = pids.at(1);
    ::kill(killed, SIGKILL);
    const auto again = next(up, "waits");
    CHECK(again.at("stops") == 1);
    CHECK(::kill(killed, 0) == -1);
    CHECK(errno == ESRCH);
    ::kill(pids.at(2), SIGTERM);
    next(up, "signal");
    up.send(SIGTERM);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(end.err == "slackline: node a ended by SIGKILL; it is started again\n");
    const auto last = heard(end.out);
    CHECK(std::set(last.begin(), last.end()) ==
          std::set<pid_t>{again.at("pid").get<pid_t>(), pids.at(2)});
}

TEST_CASE("nodes find the signals as they were before, in process groups of their own") {
    child up(up_of({{"a", plays("until:1")}}));
    const auto before = next(up, "ups");
    const auto begun = next(up, "begins");
    CHECK(begun.at("signals") == before.at("signals"));
    CHECK(begun.at("parent") == before.at("pid"));
    CHECK(begun.at("group") == begun.at("pid"));
    next(up, "waits");
    up.send(SIGINT);
    CHECK(up.wait(patience).code == 130);
}

TEST_CASE("a node that ends too often stops all, by name") {
    child up(up_of({{"a", plays("until:1")}, {"bad", plays("segv")}, {"c", plays("until:1")}}));
    const auto end = up.wait(patience);
    INFO(end.err);
    CHECK(end.code == 1);
    CHECK(count(end.err, "slackline: node bad ended by SIGSEGV; it is started again\n") == 3);
    CHECK(count(end.err, "slackline: node bad ended more than 3 times within 5000 ms") == 1);
    CHECK(count(end.err, "\n") == 4);
    CHECK(events(end.out, "begins").size() <= 6);
}

TEST_CASE("a node that ends by itself with another code than 0 stops all, and the code is up's") {
    const auto end = run_child(
        up_of({{"a", plays("until:1")}, {"b", plays("exit:2")}, {"c", plays("until:1")}}));
    CHECK(end.code == 2);
    CHECK(end.err == "");
    CHECK(events(end.out, "begins").size() <= 3);
}

TEST_CASE("up is done when all nodes have ended with 0") {
    const auto end = run_child(up_of({{"a", plays("exit:0")}, {"b", plays("exit:0")}}));
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK(events(end.out, "begins").size() == 2);
}

TEST_CASE("a program that cannot be executed is told by name and path, and all are stopped") {
    const auto a = plays("until:1");
    const auto end =
        run_child(up_of({{"a", a}, {"b", a}, {"c", {"/no/such/program"}}, {"d", a}, {"e", a}}));
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
    child up(up_of({{"a", plays("until:1")},
                    {"first:b", plays("until:2")},
                    {"first:c", plays("until:3")},
                    {"d", plays("until:4")}}));
    const auto pids = all_wait(up, 4);
    for (int i = 0; i < 3; ++i) {
        ::kill(pids.at(4), SIGTERM);  // that leaves it one for `up`
        next(up, "signal");
    }
    ::kill(pids.at(2), SIGTERM);  // so that b ends when `up` asks, and c does not
    next(up, "signal");
    up.send(signal);
    CHECK(next(up, "signal").at("signal") == SIGTERM);
    CHECK(next(up, "signal").at("signal") == SIGTERM);
    await_end(pids.at(2));
    up.send(SIGTERM);  // which hurries nobody
    for (int i = 0; i < 2; ++i) {
        ::kill(pids.at(3), SIGTERM);
        CHECK(next(up, "signal").at("pid") == pids.at(3));
    }
    const auto end = up.wait(patience);
    CHECK(end.code == code);
    CHECK(end.err == "");
    const auto order = heard(end.out);
    REQUIRE(order.size() == 10);
    CHECK(std::set(order.end() - 2, order.end()) == std::set{pids.at(1), pids.at(4)});
}

TEST_CASE("a second Ctrl-C asks all at once") {
    child up(up_of({{"a", plays("until:1")}, {"first:b", plays("until:2")}}));
    const auto pids = all_wait(up, 2);
    up.send(SIGINT);
    CHECK(next(up, "signal").at("pid") == pids.at(2));
    up.send(SIGINT);
    const auto end = up.wait(patience);
    CHECK(end.code == 130);
    CHECK(end.err == "");
    const auto order = heard(end.out);
    CHECK(std::multiset(order.begin(), order.end()) ==
          std::multiset{pids.at(1), pids.at(2), pids.at(2)});
}

TEST_CASE("a node that does not stop in time is killed by name, after the others were asked") {
    child up(up_of({{"a", plays("until:1")}, {"first:deaf", plays("until:9")}}, "100"));
    const auto pids = all_wait(up, 2);
    const bool frozen = GENERATE(false, true);
    if (frozen) ::kill(pids.at(9), SIGSTOP);
    up.send(SIGTERM);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(count(end.err, "slackline: node deaf did not end within 100 ms and is killed") == 1);
    CHECK(count(end.err, "\n") == 1);

    CHECK(count(end.out, "unflushed") == 1);
}

TEST_CASE("a node that ended just before SIGTERM came is not started again by up") {
    child up(up_of({{"a", plays("until:1")}, {"b", plays("until:2")}}));
    const auto pids = all_wait(up, 2);
    freeze(up.pid());
    ::kill(pids.at(2), SIGKILL);
    await_end(pids.at(2));
    up.send(SIGTERM);
    up.send(SIGCONT);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(end.err == "");
    CHECK(events(end.out, "begins").size() == 2);
}

TEST_CASE("nodes, and what they guard, die with up when that is killed") {
    child up(up_of({{"a", plays("until:8")}, {"b", scripted({"guard", "30000", "until:9"})}}));
    all_wait(up, 2);
    up.send(SIGKILL);
    CHECK(up.wait(patience).signal == SIGKILL);
}

TEST_CASE(
    "guards pass on that up stops, and what a guard that is killed had started dies with it") {
    child up(up_of({{"a", scripted({"guard", "30000", "until:1", "exit:9"})},
                    {"b", scripted({"guard", "30000", "until:9"})}},
                   "100"));
    all_wait(up, 2);
    up.send(SIGTERM);
    const auto end = up.wait(patience);
    CHECK(end.code == 143);
    CHECK(count(end.err, "node b did not end") == 1);
    CHECK(count(end.err, "node a did not end") == 0);
    CHECK(events(end.out, "begins").size() == 2);
}
