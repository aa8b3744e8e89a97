#include "tests/bench/limits/socket_pair.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace slackline::bench {

namespace {

constexpr int buffer_bytes = 4 << 20;

int need(int value, const char* what) {
    if (value < 0) throw std::system_error(errno, std::generic_category(), what);
    return value;
}

void connect_over_tcp(int (&fds)[2]) {
    const int door = need(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    auto* generic = reinterpret_cast<sockaddr*>(&at);
    need(::bind(door, generic, sizeof at), "bind");
    need(::listen(door, 1), "listen");
    need(::getsockname(door, generic, &length), "getsockname");
    fds[0] = need(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    need(::connect(fds[0], generic, sizeof at), "connect");
    fds[1] = need(::accept(door, nullptr, nullptr), "accept");
    ::close(door);
}

void close_one(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

}  // namespace

socket_pair::socket_pair(socket_kind kind) {
    if (kind == socket_kind::tcp_loopback)
        connect_over_tcp(fds_);
    else
        need(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds_), "socketpair");
    const int yes = 1;
    const timeval patience{10, 0};
    for (const int fd : fds_) {
        for (const int which : {SO_SNDTIMEO, SO_RCVTIMEO})
            ::setsockopt(fd, SOL_SOCKET, which, &patience, sizeof patience);
        for (const int which : {SO_SNDBUF, SO_RCVBUF})
            ::setsockopt(fd, SOL_SOCKET, which, &buffer_bytes, sizeof buffer_bytes);
        if (kind == socket_kind::tcp_loopback)
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
}

socket_pair::~socket_pair() {
    close_near();
    close_far();
}

void socket_pair::close_near() {
    close_one(fds_[0]);
}

void socket_pair::close_far() {
    close_one(fds_[1]);
}

forked::forked(const std::function<void()>& body) {
    std::fflush(nullptr);
    pid_ = need(::fork(), "fork");
    if (pid_ > 0) return;
    try {
        body();
        ::_exit(0);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bench: the far side: %s\n", e.what());
        ::_exit(1);
    }
}

forked::~forked() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void forked::join() {
    int status = 0;
    need(::waitpid(pid_, &status, 0), "waitpid");
    pid_ = -1;
    if (status != 0) throw std::runtime_error("the far side of a connection ended with an error");
}

}  // namespace slackline::bench
