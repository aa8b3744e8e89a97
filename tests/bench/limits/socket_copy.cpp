#include "tests/bench/limits/socket_copy.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <span>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "kernels/buffer.hpp"
#include "tests/bench/limits/socket_pair.hpp"

namespace slackline::bench {

namespace {

constexpr std::size_t request_bytes = 1'024;
constexpr std::size_t answer_bytes = 64;
constexpr int patience_ms = 10'000;
constexpr float learning_rate = 1;
constexpr std::uint64_t warm_copies = 16;  ///< before the clock starts: buffers are touched
constexpr std::uint64_t warm_trips = 100;

using clock = std::chrono::steady_clock;

double since(clock::time_point begin) {
    return std::chrono::duration<double>(clock::now() - begin).count();
}

std::span<std::byte> bytes_of(buffer& b) {
    return std::as_writable_bytes(std::span(b.data(), b.size()));
}

buffer filled(std::size_t bytes, float with) {
    buffer b(bytes / sizeof(float));
    std::fill_n(b.data(), b.size(), with);
    return b;
}

// False where it would have to wait.
template <class Call>
bool moved(std::span<std::byte>& rest, Call call) {
    if (rest.empty()) return false;
    const auto n = call(rest.data(), rest.size());
    if (n == 0) throw std::runtime_error("the other side of a socket is gone");
    if (n < 0 && errno == EAGAIN) return false;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "socket");
    rest = rest.subspan(static_cast<std::size_t>(n));
    return true;
}

bool send_some(int fd, std::span<std::byte>& rest, int flags) {
    return moved(rest, [&](auto* at, auto n) { return ::send(fd, at, n, flags | MSG_NOSIGNAL); });
}

bool receive_some(int fd, std::span<std::byte>& rest, int flags) {
    return moved(rest, [&](auto* at, auto n) { return ::recv(fd, at, n, flags); });
}

void wait_for(int fd, bool to_write) {
    pollfd p{fd, static_cast<short>(POLLIN | (to_write ? POLLOUT : 0)), 0};
    if (::poll(&p, 1, patience_ms) == 0) throw std::runtime_error("a socket stands still");
}

void serve_copies(int fd, std::size_t bytes, std::size_t depth, std::uint64_t items) {
    buffer gradient = filled(bytes, 0);
    std::vector<buffer> versions;
    for (std::size_t i = 0; i < depth + 2; ++i) versions.push_back(filled(bytes, 0));
    std::deque<std::uint64_t> to_send;
    std::span<std::byte> in = bytes_of(gradient), out;
    for (std::uint64_t count = 0, sent = 0; sent < items;) {
        bool any = receive_some(fd, in, MSG_DONTWAIT);
        if (in.empty() && count < items) {
            const float* from = versions[count % versions.size()].data();
            float* to = versions[++count % versions.size()].data();
            const float* g = gradient.data();
            for (std::size_t i = 0; i < gradient.size(); ++i)
                to[i] = from[i] - learning_rate * g[i];
            to_send.push_back(count);
            if (count < items) in = bytes_of(gradient);
        }
        if (out.empty() && !to_send.empty())
            out = bytes_of(versions[to_send.front() % versions.size()]);
        if (send_some(fd, out, MSG_DONTWAIT)) {
            any = true;
            if (out.empty()) {
                to_send.pop_front();
                ++sent;
            }
        }
        if (!any) wait_for(fd, !out.empty());
    }
}

void check(const buffer& version, std::uint64_t count) {
    const float expected = -learning_rate * static_cast<float>(count);
    if (version.data()[0] != expected || version.data()[version.size() - 1] != expected)
        throw std::runtime_error("parameters came back with a wrong value");
}

// Seconds for those behind the warm ones.
double ask_for_copies(int fd, std::size_t bytes, std::size_t depth, std::uint64_t items) {
    buffer gradient = filled(bytes, 1);
    std::vector<buffer> versions;
    for (std::size_t i = 0; i < depth; ++i) versions.push_back(filled(bytes, 0));
    std::span<std::byte> in = bytes_of(versions[0]), out;
    auto begin = clock::now();
    for (std::uint64_t begun = 0, got = 0; got < items;) {
        if (out.empty() && begun < items && begun - got < depth) {
            out = bytes_of(gradient);
            ++begun;
        }
        bool any = send_some(fd, out, MSG_DONTWAIT);
        if (receive_some(fd, in, MSG_DONTWAIT)) {
            any = true;
            if (in.empty()) {
                const buffer& version = versions[got++ % depth];
                check(version, got);
                in = bytes_of(versions[got % depth]);
                if (got == warm_copies) begin = clock::now();
            }
        }
        if (!any) wait_for(fd, !out.empty());
    }
    return since(begin);
}

/// One end of a socket that sends and receives messages whole.
class whole_messages {
public:
    whole_messages(int fd, waiting how) : fd_(fd), how_(how) {
        if (how_ == waiting::in_the_call) return;
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        epoll_event want{EPOLLIN | EPOLLET, {}};
        if (epoll_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &want) < 0)
            throw std::system_error(errno, std::generic_category(), "epoll");
    }
    ~whole_messages() {
        if (epoll_ >= 0) ::close(epoll_);
    }
    whole_messages(const whole_messages&) = delete;
    whole_messages& operator=(const whole_messages&) = delete;

    void send(std::span<std::byte> all) const {
        while (!all.empty())
            if (!send_some(fd_, all, 0)) throw std::runtime_error("a socket stands still");
    }

    void receive(std::span<std::byte> all) const {
        const int flags = how_ == waiting::in_epoll ? MSG_DONTWAIT : 0;
        while (!all.empty())
            if (!receive_some(fd_, all, flags)) await();
    }

private:
    void await() const {
        epoll_event found{};
        if (how_ == waiting::in_the_call || ::epoll_wait(epoll_, &found, 1, patience_ms) != 1)
            throw std::runtime_error("a socket stands still");
    }

    int fd_;
    waiting how_;
    int epoll_ = -1;
};

}  // namespace

double copy_s(socket_kind kind, std::size_t bytes, std::size_t depth, std::uint64_t items) {
    socket_pair sockets(kind);
    forked server([&] {
        sockets.close_near();
        serve_copies(sockets.far(), bytes, depth, warm_copies + items);
    });
    sockets.close_far();
    const double took = ask_for_copies(sockets.near(), bytes, depth, warm_copies + items);
    server.join();
    return took;
}

double round_trip_s(socket_kind kind, std::uint64_t trips, waiting how) {
    socket_pair sockets(kind);
    std::vector<std::byte> request(request_bytes), answer(answer_bytes);
    forked server([&] {
        sockets.close_near();
        const whole_messages far(sockets.far(), how);
        for (std::uint64_t i = 0; i < warm_trips + trips; ++i) {
            far.receive(request);
            far.send(answer);
        }
    });
    sockets.close_far();
    const whole_messages near(sockets.near(), how);
    auto begin = clock::now();
    for (std::uint64_t i = 0; i < warm_trips + trips; ++i) {
        if (i == warm_trips) begin = clock::now();
        near.send(request);
        near.receive(answer);
    }
    const double took = since(begin);
    server.join();
    return took;
}

}  // namespace slackline::bench
