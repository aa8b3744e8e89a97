#include "cluster/node/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace slackline {

namespace {

// Ends this child with its parent. The parent may have ended before the system was told.
void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
}

// The end of the pipe closes unwritten when the program begins; else the error is written to it.
[[noreturn]] void become(std::vector<std::string>& command, int error_fd) {
    std::vector<char*> words;
    for (auto& word : command) words.push_back(word.data());
    words.push_back(nullptr);
    ::execv(words.front(), words.data());
    const int error = errno;
    const auto written = ::write(error_fd, &error, sizeof error);
    ::_exit(written == sizeof error ? 1 : 2);
}

int read_error(int fd) {
    int error = 0;
    while (::read(fd, &error, sizeof error) < 0 && errno == EINTR) {
    }
    return error;
}

void wait_for(pid_t child) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace

std::string told(const process_end& end) {
    if (end.signal == 0) return fmt::format("with exit code {}", end.code);
    const char* name = sigabbrev_np(end.signal);
    return name ? fmt::format("by SIG{}", name) : fmt::format("by signal {}", end.signal);
}

int exit_code(const process_end& end) {
    return end.signal != 0 ? 128 + end.signal : end.code;
}

result<pid_t> fork_child(const taken_signals& signals) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0)
        return fail(failure_code::io,
                    fmt::format("no process can be made: {}", std::strerror(errno)));
    if (child > 0) return child;
    end_with(parent);
    ::setpgid(0, 0);
    signals.give_back();
    return 0;
}

result<pid_t> execute(std::vector<std::string> command, const taken_signals& signals) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(failure_code::io, fmt::format("no pipe can be made: {}", std::strerror(errno)));
    const auto child = fork_child(signals);
    if (child && *child == 0) become(command, ends[1]);
    ::close(ends[1]);
    const int error = child ? read_error(ends[0]) : 0;
    ::close(ends[0]);
    if (error == 0) return child;
    wait_for(*child);
    return fail(failure_code::io,
                fmt::format("'{}' cannot be executed: {}", command.front(), std::strerror(error)));
}

std::optional<process_end> ended(pid_t child) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) != child) return std::nullopt;
    if (WIFSIGNALED(status)) return process_end{0, WTERMSIG(status)};
    return process_end{WEXITSTATUS(status), 0};
}

}  // namespace slackline
