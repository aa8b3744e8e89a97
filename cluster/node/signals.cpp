#include "cluster/node/signals.hpp"

#include <ctime>

namespace slackline {

namespace {

struct sigaction exchange(int signal, void (*handler)(int)) {
    struct sigaction next = {};
    next.sa_handler = handler;
    struct sigaction before = {};
    sigaction(signal, &next, &before);
    return before;
}

}  // namespace

taken_signals::taken_signals(std::initializer_list<int> signals)
    : pipe_before_(exchange(SIGPIPE, SIG_IGN)), child_before_(exchange(SIGCHLD, SIG_DFL)) {
    sigemptyset(&taken_);
    for (const int s : signals) sigaddset(&taken_, s);
    pthread_sigmask(SIG_BLOCK, &taken_, &mask_before_);
}

int taken_signals::wait(std::int64_t limit_ms) const {
    const timespec limit{limit_ms / 1000, limit_ms % 1000 * 1'000'000};
    const int s = sigtimedwait(&taken_, nullptr, &limit);
    return s > 0 ? s : 0;
}

void taken_signals::give_back() const {
    sigaction(SIGPIPE, &pipe_before_, nullptr);
    sigaction(SIGCHLD, &child_before_, nullptr);
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

}  // namespace slackline
