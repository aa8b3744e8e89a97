// Two connected sockets, and a process at the far one.
#pragma once

#include <functional>

#include "tests/bench/limits/socket_copy.hpp"

namespace slackline::bench {

/// Sockets as of Slackline's links: large buffers, no delay; a blocking call waits 10 s at most.
class socket_pair {
public:
    explicit socket_pair(socket_kind kind);
    ~socket_pair();
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;

    int near() const { return fds_[0]; }
    int far() const { return fds_[1]; }
    void close_near();
    void close_far();

private:
    int fds_[2] = {-1, -1};
};

/// Runs `body` in a child process, which ends with it; the destructor kills what still runs.
class forked {
public:
    explicit forked(const std::function<void()>& body);
    ~forked();
    forked(const forked&) = delete;
    forked& operator=(const forked&) = delete;

    /// Waits for its end; throws where it ended with an error.
    void join();

private:
    int pid_ = -1;
};

}  // namespace slackline::bench
