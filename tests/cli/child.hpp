// A program as a child process: what it writes, how it ends, and signals on the way.
//
// Every wait has a deadline. A child that is late is killed, by its own pid, and the test that
// waits for it fails with the command line and with what the child had written by then. A child
// that is still running when its object goes away is killed too.
// Owner and thread: one test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// How a child ended, and all that it wrote.
struct child_end {
    int code = 0;    ///< its exit code; 0 where a signal ended it
    int signal = 0;  ///< the signal that ended it; 0 where it exited
    std::string out;
    std::string err;
};

class child {
public:
    using milliseconds = std::chrono::milliseconds;

    /// Starts `command`; the first word is the program's path. Its standard input is empty.
    explicit child(std::vector<std::string> command);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    /// The next whole line of the standard output, without its end; none where the output ended.
    std::optional<std::string> line(milliseconds limit);

    /// Nothing, once it has ended.
    void send(int signal) const;

    /// Closes this end of the standard output: the child writes to nobody from then on.
    void close_out();

    /// Until it has ended and both outputs are read.
    child_end wait(milliseconds limit);

    pid_t pid() const { return pid_; }

private:
    bool read_some(std::chrono::steady_clock::time_point until);
    bool ends_until(std::chrono::steady_clock::time_point until) const;
    void reaped();
    void kill_now();
    [[noreturn]] void late(const std::string& waited_for);

    std::vector<std::string> command_;
    pid_t pid_ = -1;
    int out_fd_ = -1;
    int err_fd_ = -1;
    std::size_t lines_end_ = 0;  ///< where in `out` the lines that line() gave end
    bool ended_ = false;
    child_end end_;
};

/// Starts, waits, and returns how it ended.
child_end run_child(std::vector<std::string> command,
                    child::milliseconds limit = std::chrono::seconds(60));
