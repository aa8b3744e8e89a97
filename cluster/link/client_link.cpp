#include "cluster/link/client_link.hpp"

#include <fmt/format.h>
#include <boost/asio/steady_timer.hpp>
#include <deque>

#include "cluster/file/cluster_id.hpp"
#include "cluster/file/secret.hpp"
#include "cluster/link/call_node.hpp"
#include "cluster/link/connection.hpp"
#include "cluster/link/nonce.hpp"
#include "cluster/process_edges.hpp"

namespace slackline {

namespace {

namespace asio = boost::asio;

constexpr std::int64_t dial_ms = 5'000;

}  // namespace

struct client_link::state {
    explicit state(const cluster_file& f) : file(f), beat(context) {}

    ~state() {
        beat.cancel();
        if (!link || over) return;
        link->close("");
        context.restart();
        context.run_for(std::chrono::milliseconds(100));
    }

    void next_beat() {
        beat.expires_after(std::chrono::milliseconds(file.heartbeat_ms));
        beat.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            link->tick();
            next_beat();
        });
    }

    void connected(stream_socket socket, session_settings s) {
        connection::events told;
        told.opened = [this] { open = true; };
        told.arrived = [this](const frame& f) { arrived.push_back(f); };
        told.closed = [this](const std::string& why) { over = why; };
        link = std::make_shared<connection>(context, clock, turns,
                                            make_socket_stream(std::move(socket)), std::move(s),
                                            heap_buffer, std::move(told));
        link->begin();
        next_beat();
    }

    /// Until `enough` or the time is over.
    template <class Enough>
    void run(std::int64_t limit_ms, Enough enough) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
        context.restart();
        while (!enough() && !over && std::chrono::steady_clock::now() < until)
            context.run_one_until(until);
    }

    const cluster_file& file;
    asio::io_context context;
    steady_clock_edge clock;
    write_turns turns;
    asio::steady_timer beat;
    std::shared_ptr<connection> link;
    bool open = false;
    std::optional<failure> unreachable;
    std::optional<std::string> over;
    std::deque<frame> arrived;
};

client_link::client_link(std::unique_ptr<state> s) : state_(std::move(s)) {}
client_link::~client_link() = default;

result<std::unique_ptr<client_link>> client_link::dial(const cluster_file& file,
                                                       std::uint32_t node) {
    auto secret = read_secret(file.secret_file);
    if (!secret) return tl::unexpected(std::move(secret.error()));
    session_settings s;
    s.own = {cluster_id(file), "", 0, file.heartbeat_ms, std::move(*secret)};
    s.dialler = true;
    s.wanted = file.nodes[node].name;
    s.nonce = fresh_nonce();
    s.admit = [](const link_peer&) { return result<void>(); };

    auto made = std::make_unique<state>(file);
    call_node(made->context, file, node, [s, st = made.get()](result<stream_socket> socket) {
        if (socket)
            st->connected(std::move(*socket), s);
        else
            st->unreachable = socket.error();
    });
    made->run(dial_ms, [&] { return made->unreachable || made->open; });
    if (made->unreachable) return tl::unexpected(std::move(*made->unreachable));
    if (made->open) return std::unique_ptr<client_link>(new client_link(std::move(made)));
    return fail(failure_code::io,
                made->over ? *made->over
                           : fmt::format("{} does not answer within {} s; see whether it is "
                                         "stopped or overloaded",
                                         describe_node(file, node), dial_ms / 1000));
}

address client_link::own_address() const {
    return {role::CLIENT, 0};
}

result<void> client_link::send(frame f) {
    if (!state_->over) state_->link->send(f);
    if (state_->over) return fail(failure_code::io, *state_->over);
    return {};
}

result<std::optional<frame>> client_link::receive(std::int64_t limit_ms) {
    auto& s = *state_;
    s.run(limit_ms, [&] { return !s.arrived.empty(); });
    if (!s.arrived.empty()) {
        auto f = std::move(s.arrived.front());
        s.arrived.pop_front();
        return std::optional<frame>(std::move(f));
    }
    if (s.over) return fail(failure_code::io, *s.over);
    return std::optional<frame>();
}

}  // namespace slackline
