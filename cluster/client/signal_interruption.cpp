#include "cluster/client/signal_interruption.hpp"

#include <csignal>
#include <ctime>

namespace slackline {

namespace {

sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int s : {SIGTERM, SIGINT}) sigaddset(&set, s);
    return set;
}

}  // namespace

signal_interruption::signal_interruption() {
    const auto set = ending_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

bool signal_interruption::interrupted(std::int64_t wait_ms) {
    const auto set = ending_signals();
    const timespec limit{wait_ms / 1000, wait_ms % 1000 * 1'000'000};
    return sigtimedwait(&set, nullptr, &limit) > 0;
}

}  // namespace slackline
