// A program that calls guard() and up() with children that behave as they are told.
//
//   scripted play BEHAVIOUR NAME                  behaves so itself
//   scripted guard STOP_MS BEHAVIOUR...           guards; the n-th process of the node behaves as
//                                                 the n-th word says, later ones as the last
//   scripted up STOP_MS [first:]NAME WORDS , ...  `up` of the programs that are named, each with
//                                                 its words up to the next comma; those of
//                                                 more:NAME are told when they are read again
//
// Behaviours: segv, abort, throw, exit:N, signal:N (ends by it), until:N (asks to be ended and ends
// at the N-th SIGTERM or SIGINT). A process that plays prints one JSON line when it begins and one
// for each signal. No process lives longer than its alarm.
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "cluster/node/guard.hpp"
#include "cluster/node/up.hpp"

namespace {

using words = std::vector<std::string>;

constexpr unsigned life_s = 100;

void print(const nlohmann::json& line) {
    std::puts(line.dump().c_str());
    std::fflush(stdout);
}

// The signals whose mask or action differs from what a fresh process has.
nlohmann::json signals_now() {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    auto blocked = nlohmann::json::array();
    auto ignored = nlohmann::json::array();
    for (int s = 1; s < SIGRTMIN; ++s) {
        struct sigaction action = {};
        if (sigaction(s, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
            ignored.push_back(s);
        if (sigismember(&mask, s) == 1) blocked.push_back(s);
    }
    return {{"blocked", blocked}, {"ignored", ignored}};
}

// Ends by a signal also where a sanitizer would handle it.
[[noreturn]] void end_by(int signal) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    std::abort();
}

int until(int stops, const std::string& name) {
    sigset_t set;
    sigemptyset(&set);
    for (const int s : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&set, s);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    print({{"event", "waits"}, {"pid", ::getpid()}, {"name", name}});
    while (stops > 0) {
        int signal = 0;
        sigwait(&set, &signal);
        print({{"event", "signal"}, {"name", name}, {"signal", signal}});
        if (signal != SIGUSR1 && signal != SIGHUP) --stops;
    }
    std::printf("unflushed\n");
    return 5;
}

int play(const std::string& behaviour, const std::string& name) {
    ::alarm(life_s);
    print({{"event", "begins"},
           {"name", name},
           {"pid", ::getpid()},
           {"parent", ::getppid()},
           {"group", ::getpgrp()},
           {"signals", signals_now()}});
    const auto colon = behaviour.find(':');
    const auto what = behaviour.substr(0, colon);
    const int n = colon == std::string::npos ? 0 : std::stoi(behaviour.substr(colon + 1));
    if (what == "segv") end_by(SIGSEGV);
    if (what == "abort") end_by(SIGABRT);
    if (what == "throw") throw std::runtime_error("scripted");
    if (what == "signal") end_by(n);
    if (what == "until") return until(n, name);
    return n;
}

int guarded(std::int64_t stop_ms, const words& behaviours) {
    void* shared = ::mmap(nullptr, sizeof(std::size_t), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 1;
    auto& begun = *new (shared) std::size_t(0);
    print({{"event", "guards"}, {"pid", ::getpid()}, {"signals", signals_now()}});
    std::printf("unflushed by the parent\n");
    return slackline::guard({"n1", 3, 5'000, stop_ms}, [&](bool) {
        const auto at = std::min(begun++, behaviours.size() - 1);
        return play(behaviours[at], "n1");
    });
}

int upped(std::int64_t stop_ms, const words& rest) {
    std::vector<slackline::up_child> children, more;  // more: told when they are read again
    bool named = false;
    for (const auto& word : rest) {
        if (word == ",") {
            named = false;
        } else if (!named) {
            const bool first = word.starts_with("first:");
            if (word.starts_with("more:"))
                more.push_back({word.substr(5), {}, false});
            else
                children.push_back({first ? word.substr(6) : word, {}, first});
            named = true;
        } else {
            (more.empty() ? children : more).back().command.push_back(word);
        }
    }
    print({{"event", "ups"}, {"pid", ::getpid()}, {"signals", signals_now()}});
    return slackline::up({3, 5'000, stop_ms}, children,
                         [&]() -> slackline::result<std::vector<slackline::up_child>> {
                             auto all = children;
                             all.insert(all.end(), more.begin(), more.end());
                             return all;
                         });
}

// What a child must find again: nothing that guard() and up() need is as they need it.
void set_odd_signals() {
    std::signal(SIGCHLD, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    const words all(argv + 1, argv + argc);
    if (all.size() < 3) return 2;
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    ::alarm(life_s);
    if (all[0] == "play") return play(all[1], all[2]);
    set_odd_signals();
    const words rest(all.begin() + 2, all.end());
    return all[0] == "guard" ? guarded(std::stoll(all[1]), rest) : upped(std::stoll(all[1]), rest);
}
