#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

extern char** environ;

namespace {

using steady = std::chrono::steady_clock;

[[noreturn]] void refuse(const std::string& what, int error) {
    throw std::runtime_error(what + ": " + std::strerror(error));
}

struct pipe_ends {
    int read = -1;
    int write = -1;
};

pipe_ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) refuse("cannot make a pipe", errno);
    return {ends[0], ends[1]};
}

void close_end(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

// What the child finds: no signal blocked, none ignored, an empty standard input.
class spawn_settings {
public:
    spawn_settings(int out, int err) {
        posix_spawn_file_actions_init(&files_);
        posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files_, err, STDERR_FILENO);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~spawn_settings() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&files_);
    }
    spawn_settings(const spawn_settings&) = delete;
    spawn_settings& operator=(const spawn_settings&) = delete;

    pid_t spawn(std::vector<std::string>& command) const {
        std::vector<char*> words;
        for (auto& word : command) words.push_back(word.data());
        words.push_back(nullptr);
        pid_t pid = -1;
        const int error =
            posix_spawn(&pid, words.front(), &files_, &attributes_, words.data(), environ);
        if (error != 0) refuse("cannot start " + command.front(), error);
        return pid;
    }

private:
    posix_spawn_file_actions_t files_;
    posix_spawnattr_t attributes_;
};

// Takes what is there; closes at the end.
void drain(int& fd, std::string& to) {
    char part[65536];
    const auto n = ::read(fd, part, sizeof part);
    if (n > 0) to.append(part, static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) close_end(fd);
}

}  // namespace

child::child(std::vector<std::string> command) : command_(std::move(command)) {
    auto out = make_pipe();
    auto err = make_pipe();
    out_fd_ = out.read;
    err_fd_ = err.read;
    pid_ = spawn_settings(out.write, err.write).spawn(command_);
    close_end(out.write);
    close_end(err.write);
}

child::~child() {
    kill_now();
    close_end(out_fd_);
    close_end(err_fd_);
}

void child::kill_now() {
    if (ended_) return;
    ::kill(pid_, SIGKILL);
    reaped();
}

// Takes the exit status of a child that has ended or is about to.
void child::reaped() {
    if (ended_) return;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
    if (WIFSIGNALED(status)) end_.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end_.code = WEXITSTATUS(status);
}

bool child::ends_until(steady::time_point until) const {
    if (ended_) return true;
    pollfd end = {static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), POLLIN, 0};
    if (end.fd < 0) refuse("cannot watch the child", errno);
    int ready = 0;
    do {
        const auto left = std::chrono::duration_cast<milliseconds>(until - steady::now()).count();
        ready = ::poll(&end, 1, left > 0 ? static_cast<int>(left) : 0);
    } while (ready < 0 && errno == EINTR);
    ::close(end.fd);
    return ready > 0;
}

void child::late(const std::string& waited_for) {
    kill_now();
    std::string text = "late: " + waited_for + " of";
    for (const auto& word : command_) text += " " + word;
    throw std::runtime_error(text + "\nstandard output:\n" + end_.out + "\nstandard error:\n" +
                             end_.err);
}

// Reads once from either output; false where both have ended, or the time is over.
bool child::read_some(steady::time_point until) {
    pollfd from[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
    if (out_fd_ < 0 && err_fd_ < 0) return false;
    const auto left = std::chrono::duration_cast<milliseconds>(until - steady::now()).count();
    if (left <= 0) return false;
    const int ready = ::poll(from, 2, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) refuse("cannot poll", errno);
    if (ready > 0 && from[0].revents != 0) drain(out_fd_, end_.out);
    if (ready > 0 && from[1].revents != 0) drain(err_fd_, end_.err);
    return true;
}

std::optional<std::string> child::line(milliseconds limit) {
    const auto until = steady::now() + limit;
    for (;;) {
        if (const auto at = end_.out.find('\n', lines_end_); at != std::string::npos) {
            const auto begin = lines_end_;
            lines_end_ = at + 1;
            return end_.out.substr(begin, at - begin);
        }
        if (out_fd_ < 0) return std::nullopt;
        if (!read_some(until)) late("a line");
    }
}

void child::send(int signal) const {
    if (!ended_) ::kill(pid_, signal);
}

void child::close_out() {
    close_end(out_fd_);
}

child_end child::wait(milliseconds limit) {
    const auto until = steady::now() + limit;
    while (read_some(until)) {
    }
    if (!ends_until(until)) late("the end");
    reaped();
    return end_;
}

child_end run_child(std::vector<std::string> command, child::milliseconds limit) {
    return child(std::move(command)).wait(limit);
}
