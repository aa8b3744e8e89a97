#include "cluster/link/call_node.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <utility>

#include "cluster/file/host.hpp"
#include "cluster/file/socket_path.hpp"

namespace slackline {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

constexpr auto call_limit = std::chrono::seconds(2);

tl::unexpected<failure> unreachable(const cluster_file& file, std::uint32_t node,
                                    const std::string& why) {
    return fail(failure_code::io,
                fmt::format("{} cannot be reached: {}; start it with: slackline node --cluster {} "
                            "--name {}",
                            describe_node(file, node), why, file.path, file.nodes[node].name));
}

// One call: by the Unix socket where the node is on this host, else, or where nothing listens
// there, by TCP.
class call : public std::enable_shared_from_this<call> {
public:
    call(asio::io_context& context, const cluster_file& file, std::uint32_t node,
         std::function<void(result<stream_socket>)> done)
        : file_(file),
          node_(node),
          done_(std::move(done)),
          local_(context),
          tcp_(context),
          resolver_(context),
          limit_(context) {}

    void begin() {
        limit_.expires_after(call_limit);
        limit_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) self->give_up("it does not answer");
        });
        on_this_host(it().host) ? by_unix_socket() : by_tcp();
    }

private:
    const cluster_node& it() const { return file_.nodes[node_]; }

    void by_unix_socket() {
        const auto path = socket_path(file_, file_.nodes[node_].name);
        if (!path) return give_up(path.error().sentence);
        local_.async_connect(local::endpoint(*path), [self = shared_from_this()](
                                                         const boost::system::error_code& error) {
            if (!error) return self->end(stream_socket(std::move(self->local_)));
            // Programs of other sessions may have another folder for their sockets.
            const bool nobody = error == asio::error::connection_refused ||
                                error == boost::system::errc::no_such_file_or_directory;
            nobody && self->it().port != 0 ? self->by_tcp() : self->give_up(error.message());
        });
    }

    void by_tcp() {
        boost::system::error_code no_address;
        const auto address = asio::ip::make_address(it().host, no_address);
        if (!no_address)
            return tcp_.async_connect(
                {address, it().port},
                [self = shared_from_this()](const boost::system::error_code& error) {
                    self->connected(error);
                });
        resolver_.async_resolve(
            it().host, std::to_string(it().port), tcp::resolver::numeric_service,
            [self = shared_from_this()](const boost::system::error_code& error,
                                        const tcp::resolver::results_type& found) {
                if (error) return self->give_up(error.message());
                asio::async_connect(self->tcp_, found,
                                    [self](const boost::system::error_code& failed,
                                           const tcp::endpoint&) { self->connected(failed); });
            });
    }

    void connected(const boost::system::error_code& error) {
        error ? give_up(error.message()) : end(stream_socket(std::move(tcp_)));
    }

    void give_up(const std::string& why) {
        boost::system::error_code ignored;
        local_.close(ignored);
        tcp_.close(ignored);
        resolver_.cancel();
        end(unreachable(file_, node_, why));
    }

    void end(result<stream_socket> outcome) {
        limit_.cancel();
        if (const auto done = std::exchange(done_, nullptr)) done(std::move(outcome));
    }

    const cluster_file& file_;
    std::uint32_t node_;
    std::function<void(result<stream_socket>)> done_;
    local::socket local_;
    tcp::socket tcp_;
    tcp::resolver resolver_;
    asio::steady_timer limit_;
};

}  // namespace

std::string describe_node(const cluster_file& file, std::uint32_t node) {
    const auto& n = file.nodes[node];
    if (n.port == 0) return fmt::format("node {} on this host", n.name);
    return fmt::format("node {} at {}", n.name, written_address(n.host, n.port));
}

void call_node(asio::io_context& context, const cluster_file& file, std::uint32_t node,
               std::function<void(result<stream_socket>)> done) {
    std::make_shared<call>(context, file, node, std::move(done))->begin();
}

}  // namespace slackline
