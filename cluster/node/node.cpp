#include "cluster/node/node.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <caf/all.hpp>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <future>
#include <thread>

#include "cluster/complain.hpp"
#include "cluster/file/cluster_id.hpp"
#include "cluster/file/file_change.hpp"
#include "cluster/file/grown_file.hpp"
#include "cluster/file/host.hpp"
#include "cluster/file/roster.hpp"
#include "cluster/file/secret.hpp"
#include "cluster/link/mesh.hpp"
#include "cluster/node/asio_scheduler.hpp"
#include "cluster/node/guard.hpp"
#include "cluster/node/hosted_run.hpp"
#include "cluster/node/job_preparer.hpp"
#include "cluster/node/joining.hpp"
#include "cluster/node/members.hpp"
#include "cluster/node/node_actors.hpp"
#include "cluster/node/node_incarnations.hpp"
#include "cluster/node/signals.hpp"
#include "cluster/node/up.hpp"
#include "cluster/process_edges.hpp"

namespace slackline {

namespace {

constexpr std::int64_t look_ms = 20;
constexpr std::int64_t leave_ms = 25'000;  // for what is held to be drained
constexpr std::int64_t close_ms = 12'000;  // then, for it to end: its guard waits 40 s for both
constexpr std::int64_t wait_beats = 300;   // for a node that a run needs
constexpr std::int64_t alone_beats = 25;  // without the registrar, then whether it counts otherwise

std::int64_t unix_time_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string own_program() {
    std::error_code error;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? "slackline" : path.string();
}

class node_process : public cluster_edge {
public:
    node_process(const cluster_file& file, std::uint32_t node,
                 const std::vector<model_entry>& models, const taken_signals& signals,
                 std::vector<std::byte> secret, std::unique_ptr<node_incarnations> lives,
                 posix_storage& state, bool again)
        : file_(file),
          node_(node),
          again_(again),
          signals_(signals),
          lives_(std::move(lives)),
          models_(models),
          journal_(state, file.state_dir, file.nodes[node].name + "/runs"),
          preparer_(models, shape_of(base())),
          mesh_({file_,
                 node,
                 {cluster_id(file), file.nodes[node].name, lives_->process(), file.heartbeat_ms,
                  std::move(secret)}},
                {context_, clock_, actors_, [this](const std::string& s) { log(s); }}) {}

    result<void> listen() { return mesh_.listen(); }

    result<std::vector<cluster_member>> with(const std::vector<joined_node>& joined,
                                             std::uint32_t shards) override {
        const auto larger = with_joined(joined);
        if (!larger) return tl::unexpected(larger.error());
        return members_of(*larger, shards);
    }

    void grow(const std::vector<joined_node>& joined) override { hear_of(joined); }

    result<std::string> roster(const std::vector<joined_node>& joined) override {
        return with_joined(joined).map(roster_json);
    }

    result<file_change> reread(const std::vector<joined_node>& joined,
                               const std::set<std::string>& removed) override {
        const auto running = with_joined(joined);
        if (!running) return tl::unexpected(running.error());
        const auto edited = read_cluster_file(file_.path);
        if (!edited) return tl::unexpected(edited.error());
        return change_between(*running, *edited, removed);
    }

    int serve() {
        caf::actor_system_config config;
        schedule_on(config, context_);
        config.set("logger.file-verbosity", caf::atom("quiet"));
        config.set("logger.console-verbosity", caf::atom("quiet"));
        caf::actor_system system(config);
        hosted_run host(
            {models_, place_in(file_)},
            {system, actors_, mesh_, clock_, *lives_, [this](const std::string& s) { log(s); },
             [this](const std::string& why) { end(exit_wants_fresh_process, why); },
             [this] { end_without_them(exit_wants_fresh_process); }});
        host_ = &host;
        const auto agent = spawn_agent(system, host);
        if (node_ == placement(file_).coordinator()) spawn_registrar(system);
        mesh_.start();
        log(fmt::format("process {} is up, life {}", ::getpid(), lives_->process()));
        const int code = watch(agent);
        wind_up(system, host, code);
        return code;
    }

private:
    const std::string& name() const { return file_.nodes[node_].name; }

    void log(const std::string& sentence) const {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        tm local{};
        ::localtime_r(&now.tv_sec, &local);
        std::fprintf(stderr, "%02d:%02d:%02d.%03ld %s: %s\n", local.tm_hour, local.tm_min,
                     local.tm_sec, now.tv_nsec / 1'000'000, name().c_str(), sentence.c_str());
    }

    node_place place_in(const cluster_file& file) const {
        return {placement(file), node_, name(), fmt::format("{}/{}/log", file_.state_dir, name())};
    }

    // What the cluster was written to be: runs are fitted to that, whoever joins and goes.
    cluster_file base() const {
        auto base = file_;
        std::erase_if(base.nodes, [](const auto& n) { return n.joined; });
        return base;
    }

    result<cluster_file> with_joined(const std::vector<joined_node>& joined) const {
        return grown(base(), joined);
    }

    // From the agent's thread or the registrar's.
    void know(cluster_file larger) {
        host_->know(place_in(larger));
        mesh_.grow(std::move(larger));
    }

    void hear_of(const std::vector<joined_node>& joined) {
        auto larger = with_joined(joined);
        larger ? know(std::move(*larger)) : log(larger.error().sentence);
    }

    actor_edges edges() { return {mesh_, clock_, file_.heartbeat_ms}; }

    caf::actor spawn_agent(caf::actor_system& system, run_host& host) {
        node_agent_settings s{node_, lives_->process(), ::getpid(), ::getppid(), own_program()};
        const auto agent = system.spawn(
            agent_actor,
            std::make_shared<node_agent>(s, host, [this](const auto& joined) { hear_of(joined); }),
            edges(), [this](const node_agent& core) {
                hears_ = core.hears();
                removed_ = core.removed();
                left_ = core.left();
            });
        need(agent);
        actors_.attach({role::NODE, node_}, agent);
        return agent;
    }

    void spawn_registrar(caf::actor_system& system) {
        registrar_settings s;
        s.incarnation = lives_->process();
        s.cluster = file_.name;
        s.heartbeat_ms = file_.heartbeat_ms;
        s.wait_ms = wait_beats * file_.heartbeat_ms;
        s.again = again_;
        s.nodes = members_of(file_, 0);
        auto core = std::make_shared<registrar>(
            std::move(s),
            registrar_edges{preparer_, journal_, *this,
                            [this](const std::string& text) { log(text); }, unix_time_s});
        const auto failed = [this](const std::string& why) { end(1, why); };
        const auto actor = system.spawn<caf::detached>(registrar_actor, core, edges(), failed);
        need(actor);
        actors_.attach({role::REGISTRAR, 0}, actor);
    }

    void end(int code, const std::string& why) {
        int none = 0;
        if (ended_.compare_exchange_strong(none, code)) log(why);
    }

    [[noreturn]] void end_without_them(int code) {
        log("what is loaded, computed or evaluated here does not return; the process ends without "
            "it");
        std::_Exit(code);
    }

    // An exception ends an actor; without this one the process would be of no use.
    void need(const caf::actor& actor) {
        actor->attach_functor([this](const caf::error& why) {
            if (why && why != caf::exit_reason::user_shutdown)
                end(exit_wants_fresh_process,
                    "an actor of this node has ended; its process ends "
                    "too and is started again");
        });
    }

    // Until the node is to end: its exit code.
    int watch(const caf::actor& agent) {
        int asked = 0;
        bool told = false;
        std::int64_t until_ms = 0;
        for (;;) {
            const int signal = signals_.wait(look_ms);
            if (const int code = ended_) return code;
            if (signal == SIGUSR1) ask_for(wire::Ask::What::CHECKPOINT);
            if (signal == SIGHUP) ask_for(wire::Ask::What::RELOAD);
            const bool asks_to_end = signal == SIGTERM || signal == SIGINT;
            if (asks_to_end && asked == 0) {
                asked = signal;
                until_ms = clock_.now_ms() + leave_ms;
                log("asked to end: what is open is finished or handed back first");
                caf::anon_send(agent, leave_atom::value);
            }
            if (removed_ && !std::exchange(told, true))
                log("taken out of the cluster: what is here is handed over first");
            if (asked == 0 && removed_ && left_) return 0;
            if (asked == 0) {
                see_whether_it_still_counts();
                continue;
            }
            if (left_) return 128 + asked;
            if (clock_.now_ms() < until_ms) continue;
            log(fmt::format("not all could be finished or handed back within {} s; it ends now",
                            leave_ms / 1000));
            return 1;
        }
    }

    // A coordinator that was started with another file refuses this node, for ever.
    void see_whether_it_still_counts() {
        using std::chrono::seconds;
        if (otherwise_.valid()) {
            if (otherwise_.wait_for(seconds(0)) == std::future_status::ready && otherwise_.get())
                end(exit_wants_fresh_process,
                    "the coordinator counts the cluster's nodes otherwise by now; the process is "
                    "started again, to do the same");
            return;
        }
        const auto now_ms = clock_.now_ms();
        if (hears_) alone_since_ms_ = now_ms;
        if (now_ms - alone_since_ms_ < alone_beats * file_.heartbeat_ms) return;
        alone_since_ms_ = now_ms;
        otherwise_ = std::async(std::launch::async, [this] { return is_counted_otherwise(file_); });
    }

    void ask_for(wire::Ask::What what) {
        if (!hears_) return log("the coordinator is away: send the signal again when it is back");
        frame_builder b({role::NODE, node_}, {role::REGISTRAR, 0}, 0, 0);
        b.root().initAsk().setWhat(what);
        mesh_.send({role::REGISTRAR, 0}, b.finish());
    }

    // The host dies after this: no actor may use it any more.
    void wind_up(caf::actor_system& system, hosted_run& host, int code) {
        host.stop();
        const auto until_ms = clock_.now_ms() + close_ms;
        while (host.now().run != 0 && clock_.now_ms() < until_ms)
            std::this_thread::sleep_for(std::chrono::milliseconds(look_ms));
        if (host.now().run != 0) end_without_them(code);
        mesh_.stop();
        caf::scoped_actor self(system);
        for (const address who : {address{role::NODE, node_}, address{role::REGISTRAR, 0}}) {
            const auto actor = actors_.find(who);
            actors_.detach(who);
            if (!actor) continue;
            self->monitor(actor);
            self->send_exit(actor, caf::exit_reason::user_shutdown);
            self->receive(
                [](const caf::down_msg&) {},
                caf::after(std::chrono::milliseconds(close_ms)) >> [&] { end_without_them(code); });
        }
    }

    const cluster_file& file_;
    std::uint32_t node_;
    bool again_;                  ///< after a crash
    hosted_run* host_ = nullptr;  ///< while there are actors
    const taken_signals& signals_;
    std::unique_ptr<node_incarnations> lives_;
    const std::vector<model_entry>& models_;
    file_registry_journal journal_;
    job_preparer preparer_;
    boost::asio::io_context context_{1};
    steady_clock_edge clock_;
    local_link actors_;
    mesh mesh_;
    std::atomic<int> ended_{0};
    std::atomic<bool> left_{false};
    std::atomic<bool> hears_{true};
    std::atomic<bool> removed_{false};
    std::int64_t alone_since_ms_ = clock_.now_ms();
    std::future<bool> otherwise_;  ///< whether the coordinator counts the nodes otherwise
};

int node_main(const cluster_file& file, std::uint32_t node, const std::vector<model_entry>& models,
              bool again) {
    const taken_signals signals{SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    const auto& name = file.nodes[node].name;
    posix_storage state(file.state_dir);
    auto lives = node_incarnations::open(state, name, static_cast<std::uint32_t>(unix_time_s()));
    if (!lives) return complain(lives.error());
    auto secret = read_or_make_secret(file.secret_file);
    if (!secret) return complain(secret.error());
    node_process process(file, node, models, signals, std::move(*secret), std::move(*lives), state,
                         again);
    if (auto ok = process.listen(); !ok) return complain(ok.error());
    return process.serve();
}

// The nodes as the coordinator counts them. A node that is not among them has nothing to do here.
int node_main_in(const result<cluster_file>& running, const std::string& name,
                 const std::vector<model_entry>& models, bool again) {
    if (running) return node_main(*running, *running->find(name), models, again);
    const int code = complain(running.error());
    return running.error().code == failure_code::mismatch ? 0 : code;
}

}  // namespace

int run_node(const cluster_file& file, std::uint32_t node, const std::vector<model_entry>& models) {
    const auto& n = file.nodes[node];
    if (!on_this_host(n.host))
        return complain({failure_code::usage,
                         fmt::format("{}: node {} is at {}, which is not this host; start it there",
                                     n.place, n.name, n.host)});
    return guard({.node = n.name}, [&](bool again) {
        const taken_signals for_the_node{SIGHUP, SIGUSR1};  // once it is one
        if (n.coordinator) return node_main(file, node, models, again);
        return node_main_in(running_cluster(file, n.name), n.name, models, again);
    });
}

int run_joining_node(const cluster_file& file, const joined_node& node,
                     const std::vector<model_entry>& models) {
    if (const auto fits = grown(file, {node}); !fits) return complain(fits.error());
    if (!on_this_host(node.host))
        return complain(
            {failure_code::usage,
             fmt::format("{} is not on this host; start node {} there", node.host, node.name)});
    return guard({.node = node.name}, [&](bool again) {
        const taken_signals for_the_node{SIGHUP, SIGUSR1};
        // Once only: it may have been taken out of the cluster since.
        return node_main_in(again ? running_cluster(file, node.name) : join(file, node), node.name,
                            models, again);
    });
}

int run_up(const cluster_file& file, const std::string& program) {
    const auto children_of = [&program](const cluster_file& f) {
        std::vector<up_child> children;
        for (const auto& n : f.nodes) {
            if (!on_this_host(n.host)) continue;
            const auto& runs = n.program.empty() ? program : n.program;
            children.push_back(
                {n.name, {runs, "node", "--cluster", f.path, "--name", n.name}, n.coordinator});
        }
        return children;
    };
    auto children = children_of(file);
    if (children.empty())
        return complain({failure_code::usage,
                         fmt::format("{} has no node on this host; correct the addresses, or run "
                                     "it on their hosts",
                                     file.path)});
    return up({}, std::move(children),
              [&] { return read_cluster_file(file.path).map(children_of); });
}

}  // namespace slackline
