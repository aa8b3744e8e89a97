#include "cluster/link/socket_stream.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

namespace slackline {

namespace {

namespace asio = boost::asio;

constexpr int socket_buffer_bytes = 4 << 20;

class socket_stream : public byte_stream {
public:
    explicit socket_stream(stream_socket socket) : socket_(std::move(socket)) {
        const int fd = socket_.native_handle();
        sockaddr_storage own{};
        socklen_t length = sizeof own;
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length);
        unix_ = own.ss_family == AF_UNIX;
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        // As large as the kernel allows: it cuts what is more. TCP finds its own.
        for (const int buffer : {SO_SNDBUF, SO_RCVBUF})
            if (unix_)
                ::setsockopt(fd, SOL_SOCKET, buffer, &socket_buffer_bytes,
                             sizeof socket_buffer_bytes);
        boost::system::error_code refused;
        socket_.non_blocking(true, refused);  // a write that would wait says so
        const int yes = 1;
        if (!unix_) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }

    void read_some(const room& to, handler done) override {
        const std::array parts{asio::buffer(to[0].data(), to[0].size()),
                               asio::buffer(to[1].data(), to[1].size())};
        socket_.async_receive(parts, [this, done = std::move(done)](
                                         const boost::system::error_code& error, std::size_t n) {
            ++reads_;
            if (!error) return done({n, {}});
            done({0, error == asio::error::eof ? "the other side closed it" : error.message()});
        });
    }

    bool write(const pieces& from, handler done) override {
        left_.clear();
        for (const auto& p : from)
            if (!p.empty()) left_.emplace_back(p.data(), p.size());
        boost::system::error_code error;
        ++writes_;
        took(socket_.send(left_, 0, error));
        if (left_.empty()) return true;
        if (!error || error == asio::error::would_block) {
            write_on(std::move(done));
        } else {
            asio::post(socket_.get_executor(),
                       [done = std::move(done), why = error.message()] { done({0, why}); });
        }
        return false;
    }

    void close() override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    bool checksummed() const override { return !unix_; }
    std::uint64_t reads() const override { return reads_; }
    std::uint64_t writes() const override { return writes_; }

private:
    void write_on(handler done) {
        socket_.async_send(left_,
                           [this, done = std::move(done)](const boost::system::error_code& error,
                                                          std::size_t n) mutable {
                               ++writes_;
                               if (error) return done({0, error.message()});
                               took(n);
                               if (left_.empty()) return done({n, {}});
                               write_on(std::move(done));
                           });
    }

    void took(std::size_t n) {
        auto first = left_.begin();
        for (; first != left_.end() && n >= first->size(); ++first) n -= first->size();
        if (first != left_.end()) *first += n;
        left_.erase(left_.begin(), first);
    }

    stream_socket socket_;
    bool unix_ = false;
    std::vector<asio::const_buffer> left_;
    std::uint64_t reads_ = 0;
    std::uint64_t writes_ = 0;
};

}  // namespace

std::unique_ptr<byte_stream> make_socket_stream(stream_socket socket) {
    return std::make_unique<socket_stream>(std::move(socket));
}

}  // namespace slackline
