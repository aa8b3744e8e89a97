// Signals that a thread takes when it wants them, and not in the middle of something else.
//
// From the constructor on they are blocked in the calling thread and in those that it starts later;
// they stay so when this object is gone, so that one that comes while the process ends does not
// end it in another way. SIGPIPE is ignored: a write that nobody reads fails, and its writer sees
// it. SIGCHLD has its default action: a child that ended is kept until its parent has looked.
// Owner and thread: one, best the first, before it starts any other.
#pragma once

#include <csignal>
#include <cstdint>
#include <initializer_list>

namespace slackline {

class taken_signals {
public:
    explicit taken_signals(std::initializer_list<int> signals);

    /// The next of them, at most that long awaited; 0 when there was none.
    int wait(std::int64_t limit_ms) const;

    /// In a process that was just forked: the mask and the actions from before this object.
    void give_back() const;

private:
    sigset_t taken_;
    sigset_t mask_before_;
    struct sigaction pipe_before_;
    struct sigaction child_before_;
};

}  // namespace slackline
