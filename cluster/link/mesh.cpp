#include "cluster/link/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <set>

#include "actors/cause.hpp"
#include "actors/consistency.hpp"
#include "cluster/link/call_node.hpp"
#include "cluster/link/lane_of.hpp"
#include "cluster/link/listener.hpp"
#include "cluster/link/lost_parts.hpp"
#include "cluster/link/nonce.hpp"
#include "cluster/link/peer_links.hpp"
#include "cluster/link/rare_sayings.hpp"
#include "cluster/link/receive_pool.hpp"

namespace slackline {

namespace {

namespace asio = boost::asio;

constexpr std::size_t clients_max = 64;
constexpr std::size_t strangers_max = 256;  // that have not proved who they are, for 2 s at most
constexpr std::int64_t retry_ms_max = 5'000;
constexpr std::size_t idle_bytes_max = 256u << 20;

using connection_ptr = std::shared_ptr<connection>;

}  // namespace

struct mesh::links : std::enable_shared_from_this<mesh::links> {
    /// When a lane may be called again that was refused.
    struct patience {
        std::int64_t call_at_ms = 0;
        std::int64_t retry_ms = 0;
    };
    struct peer {
        peer_links<connection_ptr> links;
        std::array<patience, lanes> retry;
        std::string last_failure;  ///< of the control lane; told once
    };

    links(mesh_settings s, mesh_edges e)
        : settings(std::move(s)),
          files{std::make_shared<const cluster_file>(settings.file)},
          places(settings.file),
          edges(std::move(e)),
          memory(make_receive_pool(idle_bytes_max)),
          own_places(settings.file),
          peers(own_places.nodes()),
          doors(edges.context, [this](stream_socket socket) { called(std::move(socket)); }),
          beat(edges.context) {}

    const cluster_file& file() const { return *files.back(); }
    // Calls that are on their way refer to the file that they began with.
    void grow(cluster_file larger) {
        if (larger.nodes.size() <= file().nodes.size()) return;
        files.push_back(std::make_shared<const cluster_file>(std::move(larger)));
        places = placement(file());
        peers.resize(places.nodes());
    }

    const std::string& name_of(std::uint32_t node) const { return file().nodes[node].name; }

    void next_beat() {
        beat.expires_after(std::chrono::milliseconds(settings.identity.heartbeat_ms));
        beat.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->stopped) return;
            self->tick();
            self->next_beat();
        });
    }

    void tick() {
        for (const auto& c : all()) c->tick();
        for (std::uint32_t n = 0; n < settings.own; ++n) {
            if (!places.linked(settings.own, n)) continue;
            for (std::size_t l = 0; l < lanes; ++l) call(n, l);
        }
    }

    std::vector<connection_ptr> all() const {
        std::vector<connection_ptr> some(strangers.begin(), strangers.end());
        for (const auto& p : peers)
            for (const auto& c : p.links.all()) some.push_back(c);
        for (const auto& [number, c] : clients) some.push_back(c);
        return some;
    }

    // ---- calling

    void call(std::uint32_t node, std::size_t lane) {
        auto& l = peers[node].links;
        if (!l.idle(lane) || edges.clock.now_ms() < peers[node].retry[lane].call_at_ms) return;
        l.called(lane);
        call_node(edges.context, file(), node,
                  [self = shared_from_this(), node, lane](result<stream_socket> socket) {
                      self->answered(node, lane, std::move(socket));
                  });
    }

    void answered(std::uint32_t node, std::size_t lane, result<stream_socket> socket) {
        auto& l = peers[node].links;
        l.unanswered(lane);
        if (stopped) return;
        if (!socket) return tell_failure(node, lane, socket.error().sentence);
        session_settings s{settings.identity, true,          name_of(node),
                           wire::Lane(lane),  fresh_nonce(), admission()};
        const auto c = connect(make_socket_stream(std::move(*socket)), std::move(s));
        l.tries(lane, c);
        c->begin();
    }

    // Nothing listens yet while a cluster starts: the first failure of an attempt is told, not
    // each.
    void tell_failure(std::uint32_t node, std::size_t lane, const std::string& why) {
        auto& last = peers[node].last_failure;
        if (lane != 0 || last == why) return;
        last = why;
        edges.log(short_cause(why));
    }

    // ---- being called

    void called(stream_socket socket) {
        if (strangers.size() >= strangers_max) return;  // the socket closes itself
        session_settings s{settings.identity,   false,         {},
                           wire::Lane::CONTROL, fresh_nonce(), admission()};
        const auto c = connect(make_socket_stream(std::move(socket)), std::move(s));
        strangers.insert(c);
        c->begin();
    }

    std::function<result<void>(const link_peer&)> admission() {
        return [self = weak_from_this()](const link_peer& p) -> result<void> {
            if (const auto alive = self.lock()) return alive->admit(p);
            return fail(failure_code::refused, "this node ends");
        };
    }

    result<void> admit(const link_peer& p) const {
        if (p.node.empty()) {
            if (settings.own != places.coordinator())
                return fail(failure_code::refused,
                            fmt::format("command lines talk to the coordinator's node, {}",
                                        name_of(places.coordinator())));
            if (clients.size() >= clients_max)
                return fail(failure_code::exhausted,
                            fmt::format("{} command lines are connected already; end some",
                                        clients.size()));
            return {};
        }
        const auto node = file().find(p.node);
        if (!node || *node == settings.own)
            return fail(failure_code::refused,
                        fmt::format("the cluster file of this node has no other node '{}'; give "
                                    "every host the same file",
                                    p.node));
        if (!peers[*node].links.admits(p.incarnation))
            return fail(
                failure_code::refused,
                fmt::format("a newer process of node {} is here already; stop this one", p.node));
        return {};
    }

    // ---- a connection's life

    connection_ptr connect(std::unique_ptr<byte_stream> stream, session_settings s) {
        auto self = weak_from_this();
        auto made = std::make_shared<connection_ptr>();  // known to its own events
        connection::events told;
        told.opened = [this, self, made = std::weak_ptr(made)] {
            if (const auto alive = self.lock()) opened(connection_ptr(*made.lock()));
        };
        told.arrived = [this, self, made = std::weak_ptr(made)](const frame& f) {
            if (const auto alive = self.lock()) arrived(connection_ptr(*made.lock()), f);
        };
        told.closed = [this, self, made](const std::string& why) {
            const auto c = std::exchange(*made, nullptr);
            if (const auto alive = self.lock()) closed(c, why);
        };
        *made = std::make_shared<connection>(edges.context, edges.clock, turns, std::move(stream),
                                             std::move(s), memory, std::move(told));
        return *made;
    }

    void opened(const connection_ptr& c) {
        const auto& p = c->session().peer();
        strangers.erase(c);
        if (p.node.empty()) {
            clients[++last_client] = c;
            return;
        }
        const auto node = *file().find(p.node);
        peers[node].retry[std::size_t(p.lane)] = {};
        for (const auto& old : peers[node].links.opened(c, p)) old.link->close(old.why);
        if (p.lane != wire::Lane::CONTROL) return;
        peers[node].last_failure.clear();
        tell_peer(node, true, "");
    }

    void closed(const connection_ptr& c, const std::string& why) {
        if (!c) return;
        counted.add(c->counters());
        if (strangers.erase(c) > 0) return turned_away(short_cause(why));
        for (auto& [number, client] : clients) {
            if (client != c) continue;
            frame_builder b({role::CLIENT, number}, {role::REGISTRAR, 0}, 0, 0);
            b.root().initGoodbye();
            edges.actors.send({role::REGISTRAR, 0}, b.finish());
            clients.erase(number);
            return;
        }
        for (std::uint32_t n = 0; n < peers.size(); ++n)
            for (std::size_t l = 0; l < lanes; ++l) lost(n, l, c, why);
    }

    // A node with a wrong secret calls again every heartbeat; that fills no log.
    void turned_away(const std::string& why) {
        if (said.may_say(why, edges.clock.now_ms()))
            edges.log(fmt::format("a caller is turned away: {}", why));
    }

    void lost(std::uint32_t node, std::size_t lane, const connection_ptr& c,
              const std::string& why) {
        using loss = peer_links<connection_ptr>::loss;
        const auto was = peers[node].links.lost(lane, c);
        if (was == loss::tried) {
            auto& r = peers[node].retry[lane];
            r.retry_ms = std::clamp(2 * r.retry_ms, settings.identity.heartbeat_ms, retry_ms_max);
            r.call_at_ms = edges.clock.now_ms() + r.retry_ms;
            tell_failure(node, lane, why);
        }
        if (was != loss::open) return;
        if (wire::Lane(lane) == wire::Lane::CONTROL)
            tell_peer(node, false, short_cause(why));
        else
            edges.log(fmt::format("({} -> {}) the data connection is reset: {}", name_of(node),
                                  name_of(settings.own), short_cause(why)));
    }

    void tell_peer(std::uint32_t node, bool up, const std::string& sentence) {
        edges.log(
            up ? fmt::format("node {} is here", name_of(node))
               : fmt::format("({} -> {}) {}", name_of(node), name_of(settings.own), sentence));
        const address registrar{role::REGISTRAR, 0};
        frame_builder b({role::NODE, settings.own}, registrar, 0, 0);
        auto p = b.root().initPeerChanged();
        p.setNode(node);
        p.setUp(up);
        p.setIncarnation(peers[node].links.incarnation());
        p.setSentence(sentence);
        edges.actors.send(registrar, b.finish());
        if (!up && !stopped) tell_of_loss(node);
    }

    // In the name of each that is there: it is over with it, as far as this node can see.
    void tell_of_loss(std::uint32_t node) {
        for (const auto& [lost, to] : parts.on(node, places)) {
            frame_builder b(lost, to, 0, 0);
            b.root().initPeerChanged().setNode(node);
            edges.actors.send(to, b.finish());
        }
    }

    // ---- frames

    void arrived(const connection_ptr& c, const frame& f) {
        const auto& sender = c->session().peer().node;
        if (sender.empty()) return from_client(c, f);
        const auto& about = f.envelope();
        const auto home = places.node_of(about.from);
        const bool own = places.node_of(about.to) == settings.own;
        if (!home || name_of(*home) != sender || !own) {
            if (misdirected++ == 0)
                edges.log(
                    fmt::format("node {} sends a message from or to an actor that is not "
                                "there; give every host the same cluster file",
                                sender));
            return;
        }
        edges.actors.send(about.to, f);
    }

    // A command line does not know its number: it is put in here.
    void from_client(const connection_ptr& c, const frame& f) {
        frame_reader reader(f);
        const auto m = reader.root();
        for (const auto& [number, client] : clients) {
            if (client != c) continue;
            if (read_address(m.getTo()) != address{role::REGISTRAR, 0}) break;
            if (!is_request(m.which())) break;
            const address registrar{role::REGISTRAR, 0};
            return edges.actors.send(registrar, readdressed(m, {role::CLIENT, number}, registrar));
        }
        ++misdirected;
    }

    void send(address to, const frame& f) {
        if (stopped) return;
        if (to.role == role::CLIENT) {
            if (const auto c = clients.find(to.index); c != clients.end()) c->second->send(f);
            return;
        }
        const auto node = places.node_of(to);
        if (!node || *node >= peers.size()) return;
        parts.note(to);
        const auto lane = lane_of(f.envelope().kind);
        if (const auto c = peers[*node].links.open(lane)) c->send(f);
    }

    void stop() {
        if (std::exchange(stopped, true)) return;
        const auto c = sum();
        edges.log(
            fmt::format("links: {} frames out and {} in, {} and {} bytes, by {} and {} system "
                        "calls; {} body bytes copied, {} frames over a queue's bound, {} "
                        "misdirected",
                        c.frames_sent, c.frames_received, c.bytes_sent, c.bytes_received, c.writes,
                        c.reads, c.copied_bytes, c.overflowed, misdirected));
        beat.cancel();
        doors.stop();
        for (const auto& link : all()) link->close("it ends");
    }

    link_counters sum() const {
        auto total = counted;
        for (const auto& c : all()) total.add(c->counters());
        return total;
    }

    mesh_settings settings;
    std::vector<std::shared_ptr<const cluster_file>> files;  ///< the last one holds
    placement places;                                        ///< by that
    lost_parts parts;
    mesh_edges edges;
    buffer_source memory;
    write_turns turns;
    const placement own_places;  ///< for any thread: which actors are here never changes
    std::vector<peer> peers;
    std::set<connection_ptr> strangers;  ///< that have called and not proved who they are
    rare_sayings said;                   ///< of callers that were turned away
    std::map<std::uint32_t, connection_ptr> clients;
    std::uint32_t last_client = 0;
    listener doors;
    asio::steady_timer beat;
    link_counters counted;  ///< of connections that are over
    std::uint64_t misdirected = 0;
    bool stopped = false;
};

mesh::mesh(mesh_settings settings, mesh_edges edges)
    : links_(std::make_shared<links>(std::move(settings), std::move(edges))) {}

mesh::~mesh() = default;

result<void> mesh::listen() {
    return links_->doors.listen(links_->settings.file, links_->settings.own);
}

void mesh::start() {
    asio::dispatch(links_->edges.context, [l = links_] {
        l->doors.start();
        l->tick();
        l->next_beat();
    });
}

void mesh::grow(cluster_file larger) {
    asio::dispatch(links_->edges.context,
                   [l = links_, f = std::move(larger)]() mutable { l->grow(std::move(f)); });
}

void mesh::stop() {
    asio::dispatch(links_->edges.context, [l = links_] { l->stop(); });
}

void mesh::send(address to, frame f) {
    const auto& s = links_->settings;
    if (to.role != role::CLIENT && links_->own_places.node_of(to) == s.own)
        return links_->edges.actors.send(to, std::move(f));
    asio::dispatch(links_->edges.context, [l = links_, to, f = std::move(f)] { l->send(to, f); });
}

link_counters mesh::counters() const {
    return links_->sum();
}

}  // namespace slackline
