// guard() in real processes: what it starts again, what it passes on, and that nothing is left.
//
// Every process holds the output's write end: that a wait() returns shows that all are gone.
#include <csignal>

#include "play.hpp"
#include "tests/catch.hpp"

namespace {

words guard_of(const words& behaviours, const std::string& stop_ms = "30000") {
    words all{"guard", stop_ms};
    all.insert(all.end(), behaviours.begin(), behaviours.end());
    return scripted(all);
}

pid_t pid_of(const nlohmann::json& event) {
    return event.at("pid").get<pid_t>();
}

}  // namespace

TEST_CASE("an exit code of the node is the guard's own, and what it printed is there once") {
    const auto [behaviour, code] = GENERATE(
        table<std::string, int>({{"exit:0", 0}, {"exit:1", 1}, {"exit:2", 2}, {"exit:143", 143}}));
    const auto end = run_child(guard_of({behaviour, "exit:9"}));
    CHECK(end.code == code);
    CHECK(end.signal == 0);
    CHECK(end.err == "");
    CHECK(events(end.out, "begins").size() == 1);
    CHECK(count(end.out, "unflushed by the parent") == 1);
}

TEST_CASE("a node that a signal ended, or that wants a fresh process, is started again") {
    const auto [behaviour, told] =
        GENERATE(table<std::string, std::string>({{"segv", "by SIGSEGV"},
                                                  {"abort", "by SIGABRT"},
                                                  {"throw", "by SIGABRT"},
                                                  {"signal:9", "by SIGKILL"},
                                                  {"exit:70", "with exit code 70"}}));
    const auto end = run_child(guard_of({behaviour, behaviour, behaviour, "exit:3"}));
    CHECK(end.code == 3);
    const auto begun = events(end.out, "begins");
    REQUIRE(begun.size() == 4);
    CHECK(count(end.err, "it is started again\n") == 3);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(count(end.err, "slackline: node n1: process " + std::to_string(pid_of(begun[i])) +
                                 " ended " + told + "; it is started again\n") == 1);
}

TEST_CASE("a node that ends too often is given up with one sentence") {
    const auto end = run_child(guard_of({"segv"}));
    CHECK(end.code == 1);
    CHECK(events(end.out, "begins").size() == 4);
    CHECK(count(end.err, "it is started again\n") == 3);
    CHECK(count(end.err, "\n") == 4);
    INFO(end.err);
    CHECK(count(end.err, "slackline: node n1 ended more than 3 times within 5000 ms") == 1);
    CHECK(count(end.err, "by SIGSEGV; remove the cause") == 1);
}

TEST_CASE("a node finds the signals as the guard found them") {
    child guard(guard_of({"segv", "until:1"}));
    const auto before = next(guard, "guards").at("signals");
    CHECK(before.at("blocked") == nlohmann::json{SIGUSR2});
    CHECK(next(guard, "begins").at("signals") == before);
    CHECK(next(guard, "begins").at("signals") == before);
    next(guard, "waits");
    guard.send(SIGTERM);
    CHECK(guard.wait(patience).code == 5);
}

TEST_CASE("a node leads its own process group and is the guard's child") {
    const auto end = run_child(guard_of({"exit:0"}));
    const auto begun = events(end.out, "begins").at(0);
    CHECK(begun.at("group") == begun.at("pid"));
    CHECK(begun.at("parent") == events(end.out, "guards").at(0).at("pid"));
}

TEST_CASE("SIGUSR1, SIGINT and SIGTERM are passed on; its end is then the guard's") {
    child guard(guard_of({"until:2", "exit:9"}));
    next(guard, "waits");
    for (const int signal : {SIGUSR1, SIGINT, SIGUSR1, SIGTERM}) {
        guard.send(signal);
        CHECK(next(guard, "signal").at("signal") == signal);
    }
    const auto end = guard.wait(patience);
    CHECK(end.code == 5);
    CHECK(end.err == "");
    CHECK(count(end.out, "unflushed\n") == 1);
}

TEST_CASE("SIGUSR1 alone does not keep a node from being started again") {
    child guard(guard_of({"until:1", "exit:3"}));
    const auto pid = pid_of(next(guard, "waits"));
    guard.send(SIGUSR1);
    next(guard, "signal");
    ::kill(pid, SIGKILL);
    CHECK(guard.wait(patience).code == 3);
}

TEST_CASE("a node that ends by a signal when it was to stop is not started again") {
    child guard(guard_of({"until:2", "exit:9"}));
    const auto pid = pid_of(next(guard, "waits"));
    guard.send(SIGTERM);
    next(guard, "signal");
    ::kill(pid, SIGKILL);
    const auto end = guard.wait(patience);
    CHECK(end.code == 128 + SIGKILL);
    CHECK(events(end.out, "begins").size() == 1);
    CHECK(count(end.err, "ended by SIGKILL when it was to stop") == 1);
}

TEST_CASE("a node that ended just before SIGTERM came is not started again") {
    child guard(guard_of({"until:1", "exit:9"}));
    const auto pid = pid_of(next(guard, "waits"));
    freeze(guard.pid());
    ::kill(pid, SIGKILL);
    await_end(pid);
    if (GENERATE(false, true)) guard.send(SIGUSR1);  // which is taken first
    guard.send(SIGTERM);
    guard.send(SIGCONT);
    const auto end = guard.wait(patience);
    CHECK(end.code == 128 + SIGKILL);
    CHECK(events(end.out, "begins").size() == 1);
    CHECK(count(end.err, "started again") == 0);
}

TEST_CASE("a node dies with its guard when that is killed") {
    child guard(guard_of({"until:9", "until:9"}));
    const auto first = pid_of(next(guard, "waits"));
    const bool restarted = GENERATE(false, true);
    if (restarted) {
        ::kill(first, SIGKILL);
        next(guard, "waits");
    }
    guard.send(SIGKILL);
    CHECK(guard.wait(patience).signal == SIGKILL);
}

TEST_CASE("a node that does not stop in time is killed, and the guard says so") {
    child guard(guard_of({"until:9"}, "100"));
    const auto pid = pid_of(next(guard, "waits"));
    const bool frozen = GENERATE(false, true);
    if (frozen) ::kill(pid, SIGSTOP);
    guard.send(SIGTERM);
    const auto end = guard.wait(patience);
    CHECK(end.code == 1);
    CHECK(events(end.out, "begins").size() == 1);
    CHECK(count(end.err, "\n") == 1);
    CHECK(count(end.err, "node n1: process " + std::to_string(pid) +
                             " did not end within 100 ms of being asked to and was killed") == 1);
}
