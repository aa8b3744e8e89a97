// What a cluster refuses: one sentence with the place and the remedy, an exit code, within seconds,
// and nothing that is left running.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

#include "cluster/file/socket_path.hpp"
#include "messages/header.hpp"
#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"
#include "tests/cluster/raw_peer.hpp"

namespace {

constexpr auto soon = std::chrono::seconds(10);
constexpr auto unknown_limit = std::chrono::seconds(8);  // it is 2 s where nobody else computes
constexpr int epochs = 10;

std::string node_at(const std::string& name, const std::string& address, const std::string& role) {
    return fmt::format("[[node]]\nname = \"{}\"\naddress = \"{}\"\nroles = [\"{}\"]\n", name,
                       address, role);
}

std::string three_nodes(const std::string& coordinator) {
    return node_at("coord", coordinator, "coordinator") + node_at("shard", "127.0.0.1:0", "shard") +
           node_at("worker", "127.0.0.1:0", "worker");
}

std::string local(std::uint16_t port) {
    return fmt::format("127.0.0.1:{}", port);
}

std::uint16_t free_port() {
    return taken_port().number();
}

// Of the cluster's first node.
std::string unix_socket(const cluster_under_test& c) {
    return slackline::socket_path(*slackline::read_cluster_file(c.file()), five_names().front(),
                                  ::getenv("XDG_RUNTIME_DIR"))
        .value();
}

slackline::frame_header_block header(std::uint16_t version, std::uint64_t body_bytes) {
    slackline::frame_header h;
    h.version = version;
    h.kind = 29;  // hello, by docs/formats.md
    h.body_bytes = body_bytes;
    h.body_crc = 1;
    return slackline::write_header(h);
}

long resident_kib(pid_t process) {
    std::ifstream status(fmt::format("/proc/{}/status", process));
    for (std::string word; status >> word;)
        if (word == "VmRSS:") {
            long kib = 0;
            status >> kib;
            return kib;
        }
    FAIL("process " << process << " tells no VmRSS");
    return 0;
}

// A cluster file for the same nodes and sockets, with a secret of its own.
std::string with_another_secret(const cluster_under_test& c) {
    std::ifstream from(c.file());
    std::string text(std::istreambuf_iterator<char>(from), {});
    const auto at = text.find("[[node]]");
    text.insert(at, "[security]\nsecret = \"another\"\n");
    std::ofstream(c.path("another")) << std::string(64, 'a') << "\n";
    REQUIRE(::chmod(c.path("another").c_str(), 0600) == 0);
    std::ofstream(c.path("other.toml")) << text;
    return c.path("other.toml");
}

std::vector<words> client_commands(const std::string& file) {
    return {
        {SLACKLINE_PROGRAM, "status", "--cluster", file},
        {SLACKLINE_PROGRAM, "runs", "--cluster", file},
        {SLACKLINE_PROGRAM, "cancel", "some", "--cluster", file},
        {SLACKLINE_PROGRAM, "train", "--attach", "some", "--cluster", file},
        {SLACKLINE_PROGRAM, "train", EXAMPLES_FOLDER "/regression/job.toml", "--cluster", file}};
}

void check_works(const cluster_under_test& c) {
    check_done(run_child(c.train(epochs), patience), epochs);
}

}  // namespace

TEST_CASE("a node whose address is taken is refused, and up ends all with it", "[cluster]") {
    const taken_port taken;
    cluster_under_test c(three_nodes("127.0.0.1:0") +
                         node_at("late", local(taken.number()), "worker"));
    const auto sentence = fmt::format("node late cannot listen on {}", local(taken.number()));
    const words parts = {c.file() + ":", sentence, "choose another address"};
    check_refused(run_child(c.command({"node", "--name", "late"}), soon), 2, parts);
    const auto up = run_child(c.command({"up"}), soon);
    INFO(up.err);
    CHECK(up.code == 2);
    CHECK(up.err.find("slackline: " + c.file()) != std::string::npos);
    CHECK(up.err.find(sentence) != std::string::npos);
    // Its outputs are at their end, and every node held them: none is left.
}

TEST_CASE("a node of an unknown name, and a second process of one name, are refused", "[cluster]") {
    cluster_under_test c;
    check_refused(run_child(c.command({"node", "--name", "worker-2"}), soon), 2,
                  {c.file() + " has no node 'worker-2'; did you mean 'worker-"});
    c.up();
    const auto pid = c.pid("worker-1");
    check_refused(run_child(c.command({"node", "--name", "worker-1"}), soon), 2,
                  {fmt::format("node worker-1 already runs as process {}", pid), "stop it"});
    CHECK(c.pid("worker-1") == pid);
    const auto second = run_child(c.command({"up"}), patience);  // each node tells its own
    CHECK(second.code == 2);
    CHECK(second.err.find("already runs as process") != std::string::npos);
    CHECK(c.pid("worker-1") == pid);
    check_works(c);
}

TEST_CASE("a command line with another secret is refused", "[cluster]") {
    cluster_under_test c;
    c.up();
    for (const auto& command : client_commands(with_another_secret(c)))
        check_refused(run_child(command, soon), 1,
                      {"the secrets of a command line and node coord differ", "secret file"});
    check_works(c);
}

TEST_CASE("a node with another secret is turned away: both sides say so, and it trains nothing",
          "[cluster]") {
    cluster_under_test c;
    nodes_by_hand nodes(c, {"worker-0", "worker-1"});
    child stranger(
        {SLACKLINE_PROGRAM, "node", "--name", "worker-0", "--cluster", with_another_secret(c)});
    c.until("the coordinator's node is up", [](const json&) { return true; });
    child follower(c.train(epochs));
    const auto waiting = c.until("the run waits for the workers", [](const json& s) {
        return !run_of(s).is_null() && run_of(s).at("awaits").size() == 2;
    });
    CHECK(run_of(waiting).at("applied") == 0);
    until_sentence(follower, "run regression waits for node worker-0");
    CHECK(c.node("worker-0").at("state") == "absent");
    stranger.send(SIGTERM);
    const auto turned_away = stranger.wait(patience);
    INFO(turned_away.err);
    CHECK(turned_away.err.find("the secrets of node worker-0 and node coord differ") !=
          std::string::npos);
    nodes.start("worker-0");
    nodes.start("worker-1");
    check_done(follower.wait(patience), epochs);
    nodes.send("coord", SIGTERM);
    const auto log = nodes.end("coord").err;
    INFO(log);
    const auto said = "a caller is turned away: the secrets of node worker-0 and node coord differ";
    CHECK(log.find(said) != std::string::npos);
    CHECK(log.find(said) == log.rfind(said));  // once, not every heartbeat
}

TEST_CASE("no command waits for a coordinator that is not there", "[cluster]") {
    cluster_under_test c;
    const bool ran_once = GENERATE(false, true);
    if (ran_once) {
        nodes_by_hand nodes(c);
        c.wait_until_up();
    }
    const auto remedy = fmt::format("slackline node --cluster {} --name coord", c.file());
    for (const auto& command : client_commands(c.file()))
        check_refused(run_child(command, soon), 1, {"node coord", "start it with: " + remedy});
}

TEST_CASE("no command waits for a coordinator that is stopped", "[cluster]") {
    cluster_under_test c;
    c.up();
    const auto pid = c.signal("coord", SIGSTOP);
    for (const auto& command : client_commands(c.file()))
        check_refused(run_child(command, soon), 1, {"node coord", "stopped or overloaded"});
    REQUIRE(::kill(pid, SIGCONT) == 0);
    c.wait_until_up();
    check_works(c);
}

TEST_CASE("what is no Slackline is cut off, and the node lives", "[cluster]") {
    const auto port = free_port();
    cluster_under_test c(three_nodes(local(port)));
    c.up();
    const auto pid = c.pid("coord");
    const auto kib = resident_kib(pid);
    const auto path = unix_socket(c);
    const auto check_cut_off = [&](std::span<const std::byte> bytes) {
        raw_peer by_unix(path);
        raw_peer by_tcp(port);
        by_unix.say(bytes);
        by_tcp.say(bytes);
        CHECK(by_unix.closed_within(unknown_limit));
        CHECK(by_tcp.closed_within(unknown_limit));
        CHECK(c.status());
    };
    const std::string garbage(100'000, '\x5a');
    check_cut_off(std::as_bytes(std::span(garbage)));
    check_cut_off(header(2, 64));        // a version to come
    check_cut_off(header(1, 1u << 30));  // a hello of 1 GiB
    check_cut_off(header(1, 4096));      // one that never comes
    const auto whole = header(1, 64);
    check_cut_off(std::span(whole).first(7));
    check_cut_off({});
    CHECK(c.pid("coord") == pid);
    CHECK(resident_kib(pid) < kib + (64 << 10));
    check_works(c);
}

TEST_CASE("a hundred connections that say nothing are closed, and hold nobody up", "[cluster]") {
    const auto port = free_port();
    cluster_under_test c(three_nodes(local(port)));
    c.up();
    const auto path = unix_socket(c);
    std::vector<std::unique_ptr<raw_peer>> silent;
    for (int i = 0; i < 50; ++i) {
        silent.push_back(std::make_unique<raw_peer>(path));
        silent.push_back(std::make_unique<raw_peer>(port));
    }
    check_works(c);
    for (const auto& peer : silent) CHECK(peer->closed_within(unknown_limit));
    CHECK(c.status());
}

TEST_CASE("nothing listens beyond loopback before the file says that it is insecure", "[cluster]") {
    const auto nodes = node_at("coord", "10.255.255.1:7001", "coordinator") +
                       node_at("shard", "10.255.255.1:7002", "shard") +
                       node_at("worker", "10.255.255.1:7003", "worker");
    const cluster_under_test closed(nodes, "");
    const words parts = {closed.file() + ":6: node.address", "insecure = true", "[security]"};
    check_refused(run_child(closed.command({"node", "--name", "coord"}), soon), 2, parts);
    check_refused(run_child(closed.command({"up"}), soon), 2, parts);
    check_refused(run_child(closed.command({"status"}), soon), 2, parts);

    const cluster_under_test open(nodes, "[security]\ninsecure = true\n");
    check_refused(run_child(open.command({"node", "--name", "coord"}), soon), 2,
                  {"node coord is at 10.255.255.1, which is not this host", "start it there"});
    check_refused(run_child(open.command({"up"}), soon), 2, {"has no node on this host"});
}
