#include "tests/bench/link_node.hpp"

#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <caf/all.hpp>
#include <future>
#include <optional>
#include <stdexcept>

#include "actors/participant_actor.hpp"
#include "cluster/link/mesh.hpp"
#include "cluster/node/asio_scheduler.hpp"
#include "cluster/process_edges.hpp"

namespace slackline::bench {

namespace {

namespace asio = boost::asio;

constexpr std::int64_t tick_ms = 20;
constexpr role own_roles[] = {role::COORDINATOR, role::SEQUENCER, role::WORKER, role::SHARD};

std::uint16_t free_port() {
    asio::io_context context;
    asio::ip::tcp::acceptor door(context, {asio::ip::address_v4::loopback(), 0});
    return door.local_endpoint().port();
}

link_identity identity_of(const cluster_file& file, std::uint32_t own) {
    return {file.name, file.nodes[own].name, 1, file.heartbeat_ms,
            std::vector<std::byte>(32, std::byte(1))};
}

}  // namespace

cluster_file two_nodes(bool over_tcp) {
    cluster_file file;
    file.path = "bench.toml";
    file.name = "bench";
    file.state_dir = "/tmp/bench-" + std::to_string(::getpid());  // only to be told apart
    file.nodes.resize(2);
    auto& worker = file.nodes[0];
    worker.name = "worker";
    worker.host = "127.0.0.1";
    worker.port = over_tcp ? free_port() : 0;
    worker.coordinator = worker.sequencer = true;
    worker.workers = 1;
    auto& shard = file.nodes[1];
    shard.name = "shard";
    shard.host = "127.0.0.1";
    shard.shard = true;
    return file;
}

struct link_node::parts {
    parts(cluster_file f, std::uint32_t own)
        : file(std::move(f)),
          links({file, own, identity_of(file, own)},
                {context, clock, actors, [](const std::string&) {}}) {}

    cluster_file file;
    asio::io_context context{1};
    steady_clock_edge clock;
    local_link actors;
    mesh links;
    caf::actor_system_config config;
    std::optional<caf::actor_system> system;
    caf::actor actor;
};

link_node::link_node(const cluster_file& file, std::uint32_t own)
    : parts_(std::make_unique<parts>(file, own)) {
    if (auto ok = parts_->links.listen(); !ok) throw std::runtime_error(ok.error().sentence);
}

link_node::~link_node() {
    auto& p = *parts_;
    p.links.stop();
    if (p.actor) caf::anon_send_exit(p.actor, caf::exit_reason::user_shutdown);
    for (const auto r : own_roles) p.actors.detach({r, 0});
    p.actor = nullptr;
    p.system.reset();
}

void link_node::start(std::shared_ptr<participant> core,
                      std::function<void(const std::string&)> failed) {
    auto& p = *parts_;
    schedule_on(p.config, p.context);
    p.config.set("logger.file-verbosity", caf::atom("quiet"));
    p.config.set("logger.console-verbosity", caf::atom("quiet"));
    p.system.emplace(p.config);
    p.actor = p.system->spawn(participant_actor, core, actor_edges{p.links, p.clock, tick_ms});
    p.actor->attach_functor([failed, &p](const caf::error& why) { failed(p.system->render(why)); });
    for (const auto r : own_roles) p.actors.attach({r, 0}, p.actor);
    p.links.start();
}

link_counters link_node::counters() {
    std::promise<link_counters> found;
    asio::post(parts_->context, [&] { found.set_value(parts_->links.counters()); });
    return found.get_future().get();
}

}  // namespace slackline::bench
