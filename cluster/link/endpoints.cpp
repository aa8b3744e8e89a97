#include "cluster/link/endpoints.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>

#include "cluster/file/host.hpp"
#include "cluster/file/socket_path.hpp"

namespace slackline {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

std::string address_of(const cluster_node& n) {
    const bool colons = n.host.find(':') != n.host.npos;
    return fmt::format("{}{}{}:{}", colons ? "[" : "", n.host, colons ? "]" : "", n.port);
}

tl::unexpected<failure> unreachable(const cluster_file& file, std::uint32_t node,
                                    const std::string& why) {
    return fail(failure_code::io,
                fmt::format("{} cannot be reached: {}; start it with: slackline node --cluster {} "
                            "--name {}",
                            describe_node(file, node), why, file.path, file.nodes[node].name));
}

tl::unexpected<failure> cannot_listen(const cluster_file& file, std::uint32_t node,
                                      const std::string& why) {
    const auto& n = file.nodes[node];
    return fail(failure_code::usage,
                fmt::format("{}: node {} cannot listen on {}: {}; stop the program that has it, "
                            "or choose another address",
                            n.place, n.name, address_of(n), why));
}

template <class Socket>
void call_at(std::shared_ptr<Socket> socket, const typename Socket::endpoint_type& at,
             const cluster_file& file, std::uint32_t node,
             std::function<void(result<stream_socket>)> done) {
    socket->async_connect(at, [socket, &file, node, done](const boost::system::error_code& error) {
        if (error) return done(unreachable(file, node, error.message()));
        done(stream_socket(std::move(*socket)));
    });
}

}  // namespace

std::string describe_node(const cluster_file& file, std::uint32_t node) {
    const auto& n = file.nodes[node];
    if (n.port == 0) return fmt::format("node {} on this host", n.name);
    return fmt::format("node {} at {}", n.name, address_of(n));
}

listener::listener(asio::io_context& context, std::function<void(stream_socket)> called)
    : context_(context), called_(std::move(called)), tcp_(context), local_(context) {}

result<void> listener::listen(const cluster_file& file, std::uint32_t node) {
    const auto& n = file.nodes[node];
    boost::system::error_code error;
    const auto found = tcp::resolver(context_).resolve(
        n.host, std::to_string(n.port), tcp::resolver::passive | tcp::resolver::numeric_service,
        error);
    if (error) return cannot_listen(file, node, error.message());
    const tcp::endpoint at = found.begin()->endpoint();
    tcp_.open(at.protocol(), error);
    if (!error) tcp_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) tcp_.bind(at, error);
    if (!error) tcp_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return cannot_listen(file, node, error.message());
    auto path = socket_path(file, node);
    if (!path) return tl::unexpected(std::move(path.error()));
    local_path_ = *path;
    ::unlink(local_path_.c_str());
    local_.open(local(), error);
    if (!error) local_.bind(local::endpoint(local_path_), error);
    if (!error) local_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return fail(failure_code::io,
                    fmt::format("node {} cannot listen on {}: {}; see who may write to its folder",
                                n.name, local_path_, error.message()));
    return {};
}

void listener::start() {
    accept_on(tcp_);
    accept_on(local_);
}

template <class Acceptor>
void listener::accept_on(Acceptor& on) {
    on.async_accept([this, &on](const boost::system::error_code& error, auto socket) {
        if (!on.is_open()) return;
        if (!error) called_(stream_socket(std::move(socket)));
        accept_on(on);
    });
}

void listener::stop() {
    boost::system::error_code ignored;
    tcp_.close(ignored);
    local_.close(ignored);
    if (!local_path_.empty()) ::unlink(local_path_.c_str());
}

void call_node(asio::io_context& context, const cluster_file& file, std::uint32_t node,
               std::function<void(result<stream_socket>)> done) {
    const auto& n = file.nodes[node];
    if (on_this_host(n.host)) {
        auto path = socket_path(file, node);
        if (!path)
            return asio::post(context,
                              [done, why = path.error()] { done(tl::unexpected<failure>(why)); });
        return call_at(std::make_shared<local::socket>(context), local::endpoint(*path), file, node,
                       std::move(done));
    }
    boost::system::error_code error;
    const auto found = tcp::resolver(context).resolve(n.host, std::to_string(n.port),
                                                      tcp::resolver::numeric_service, error);
    if (error)
        return asio::post(context, [done, &file, node, why = error.message()] {
            done(unreachable(file, node, why));
        });
    call_at(std::make_shared<tcp::socket>(context), found.begin()->endpoint(), file, node,
            std::move(done));
}

}  // namespace slackline
