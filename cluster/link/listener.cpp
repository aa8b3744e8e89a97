#include "cluster/link/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cluster/file/host.hpp"
#include "cluster/file/socket_path.hpp"

namespace slackline {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

constexpr auto breath = std::chrono::milliseconds(100);

tl::unexpected<failure> cannot_listen(const cluster_node& n, const std::string& why) {
    return fail(failure_code::usage,
                fmt::format("{}: node {} cannot listen on {}: {}; stop the program that has it, "
                            "or choose another address",
                            n.place, n.name, written_address(n.host, n.port), why));
}

template <class Acceptor>
void open_on(Acceptor& acceptor, const typename Acceptor::endpoint_type& at,
             boost::system::error_code& error) {
    acceptor.open(at.protocol(), error);
    if (error) return;
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(at, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
}

}  // namespace

listener::listener(asio::io_context& context, std::function<void(stream_socket)> called)
    : context_(context),
      called_(std::move(called)),
      tcp_(context),
      local_(context),
      breath_(context) {}

result<void> listener::listen_on_tcp(const cluster_node& n) {
    boost::system::error_code error;
    const auto found = tcp::resolver(context_).resolve(
        n.host, std::to_string(n.port), tcp::resolver::passive | tcp::resolver::numeric_service,
        error);
    if (error) return cannot_listen(n, error.message());
    const tcp::endpoint at = found.begin()->endpoint();
    if (at.address().is_loopback() && !loopback(n.host))
        return fail(failure_code::usage,
                    fmt::format("{}: the name {} means {} on this host, which no other host "
                                "reaches; write the address itself",
                                n.place, n.host, at.address().to_string()));
    open_on(tcp_, at, error);
    if (error) return cannot_listen(n, error.message());
    return {};
}

result<void> listener::listen(const cluster_file& file, std::uint32_t node) {
    const auto& n = file.nodes[node];
    if (n.port != 0)
        if (auto ok = listen_on_tcp(n); !ok) return ok;
    auto path = socket_path(file, n.name);
    if (!path) return tl::unexpected(std::move(path.error()));
    local_path_ = *path;
    ::unlink(local_path_.c_str());
    boost::system::error_code error;
    open_on(local_, local::endpoint(local_path_), error);
    if (error)
        return fail(failure_code::io,
                    fmt::format("node {} cannot listen on {}: {}; see who may write to its folder",
                                n.name, local_path_, error.message()));
    return {};
}

void listener::start() {
    if (tcp_.is_open()) accept_on(tcp_);
    accept_on(local_);
}

template <class Acceptor>
void listener::accept_on(Acceptor& on) {
    on.async_accept([this, &on](const boost::system::error_code& error, auto socket) {
        if (!on.is_open()) return;
        if (!error) {
            called_(stream_socket(std::move(socket)));
            return accept_on(on);
        }
        breath_.expires_after(breath);
        breath_.async_wait([this, &on](auto) {
            if (on.is_open()) accept_on(on);
        });
    });
}

void listener::stop() {
    boost::system::error_code ignored;
    tcp_.close(ignored);
    local_.close(ignored);
    breath_.cancel();
    if (!local_path_.empty()) ::unlink(local_path_.c_str());
}

}  // namespace slackline
