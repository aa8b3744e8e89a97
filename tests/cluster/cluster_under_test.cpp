#include "tests/cluster/cluster_under_test.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/catch.hpp"

namespace {

constexpr auto look = std::chrono::milliseconds(30);

std::string section(const std::string& name, const std::string& address) {
    const auto role = name == "coord" ? "coordinator" : name.substr(0, name.find('-'));
    return fmt::format("[[node]]\nname = \"{}\"\naddress = \"{}\"\nroles = [\"{}\"]\n", name,
                       address, role);
}

json last_line(const std::string& out) {
    std::istringstream text(out);
    json last;
    for (std::string line; std::getline(text, line);) {
        INFO("line: " << line);
        last = json::parse(line, nullptr, false);
        REQUIRE(last.is_object());
    }
    return last;
}

}  // namespace

const words& five_names() {
    static const words names = {"coord", "shard-0", "shard-1", "worker-0", "worker-1"};
    return names;
}

std::string five_nodes() {
    std::string text;
    for (const auto& name : five_names()) text += section(name, "127.0.0.1:0");
    return text;
}

cluster_under_test::cluster_under_test(const std::string& nodes, const std::string& cluster) {
    std::ofstream(file()) << "[cluster]\nname = \"test\"\nstate_dir = \"state\"\n"
                          << cluster << nodes;
}

cluster_under_test::cluster_under_test(const own_network& network) : network_(&network) {
    std::ofstream to(file());
    to << "[cluster]\nname = \"test\"\nheartbeat_ms = 100\n[security]\ninsecure = true\n";
    for (const auto& name : five_names()) to << section(name, network.address(name) + ":7000");
}

cluster_under_test::~cluster_under_test() {
    if (!up_) return;
    up_->send(SIGTERM);
    try {
        up_->wait(patience);
    } catch (...) {  // it is killed with its object, and its nodes with it
    }
}

words cluster_under_test::command(words what, const std::string& program) const {
    what.insert(what.begin(), program);
    what.insert(what.end(), {"--cluster", file()});
    return on(desk, std::move(what));
}

words cluster_under_test::node_command(const std::string& name, const std::string& program) const {
    return on(name, {program, "node", "--cluster", file(), "--name", name});
}

words cluster_under_test::on(const std::string& host, words command) const {
    return network_ ? network_->on(host, std::move(command)) : command;
}

void cluster_under_test::start_up(const std::string& program) {
    up_ = std::make_unique<child>(command({"up"}, program));
}

void cluster_under_test::wait_until_up() const {
    until("every node is up", [](const json& s) {
        for (const auto& n : s.at("nodes"))
            if (n.at("state") != "up") return false;
        return true;
    });
}

void cluster_under_test::up() {
    start_up();
    wait_until_up();
}

words cluster_under_test::train(int epochs, const words& more) const {
    words what = {"train",
                  EXAMPLES_FOLDER "/regression/job.toml",
                  "--json",
                  "--set",
                  fmt::format("run.epochs={}", epochs),
                  "--set",
                  "checkpoint.every_s=0.3",
                  "--set",
                  "checkpoint.dir=" + path("runs")};
    what.insert(what.end(), more.begin(), more.end());
    return command(what);
}

int cluster_under_test::epochs_for(double seconds) const {
    constexpr int tried = 40;
    static const double items_per_s = [&] {
        const auto end = run_child(train(tried, {"--set", "run.name=measured"}), patience);
        return check_done(end, tried).at("items_per_s").get<double>();
    }();
    return std::max(2 * tried, static_cast<int>(seconds * items_per_s / items_an_epoch));
}

std::optional<json> cluster_under_test::status() const {
    const auto end = run_child(command({"status", "--json"}), patience);
    if (end.code != 0) return std::nullopt;
    return json::parse(end.out);
}

json cluster_under_test::until(const std::string& what,
                               const std::function<bool(const json&)>& wanted,
                               child::milliseconds limit) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::optional<json> last;
    do {
        last = status();
        if (last && wanted(*last)) return *last;
        std::this_thread::sleep_for(look);
    } while (std::chrono::steady_clock::now() < end);
    FAIL("it did not come to: " << what << "; the status is "
                                << (last ? last->dump(1) : "that nobody answers"));
    return {};
}

json cluster_under_test::node(const std::string& name) const {
    const auto s = status();
    REQUIRE(s);
    for (const auto& n : s->at("nodes"))
        if (n.at("name") == name) return n;
    FAIL("there is no node " << name);
    return {};
}

pid_t cluster_under_test::signal(const std::string& name, int number) const {
    const auto process = pid(name);
    REQUIRE(process > 1);
    REQUIRE(::kill(process, number) == 0);
    return process;
}

void cluster_under_test::until_restarted(const std::string& name, pid_t before) const {
    until(name + " is another process", [&](const json& s) {
        for (const auto& n : s.at("nodes"))
            if (n.at("name") == name) return n.at("state") == "up" && n.at("pid") != before;
        return false;
    });
}

nodes_by_hand::nodes_by_hand(const cluster_under_test& c, const words& left_out) : cluster_(c) {
    for (const auto& n : five_names())
        if (std::find(left_out.begin(), left_out.end(), n) == left_out.end()) start(n);
}

nodes_by_hand::~nodes_by_hand() {
    for (const auto& [name, node] : nodes_) node->send(SIGTERM);
    try {
        for (const auto& [name, node] : nodes_) node->wait(patience);
    } catch (...) {  // it is killed with its object
    }
}

void nodes_by_hand::start(const std::string& name, const std::string& program) {
    nodes_[name] = std::make_unique<child>(cluster_.node_command(name, program));
}

void nodes_by_hand::kill(const std::string& name) {
    const auto process = cluster_.pid(name);
    nodes_.at(name)->send(SIGKILL);
    nodes_.at(name)->wait(patience);
    nodes_.erase(name);
    until_gone(process);
}

child_end nodes_by_hand::end(const std::string& name) {
    const auto e = nodes_.at(name)->wait(patience);
    nodes_.erase(name);
    return e;
}

void until_gone(pid_t process) {
    REQUIRE(process > 1);
    const auto end = std::chrono::steady_clock::now() + patience;
    while (::kill(process, 0) == 0 && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(look);
    INFO("process " << process << " is still there");
    REQUIRE(::kill(process, 0) != 0);
}

json run_of(const json& status, const std::string& name) {
    for (const auto& r : status.at("runs"))
        if (r.at("name") == name) return r;
    return {};
}

json until_event(child& follower, const std::string& event) {
    while (const auto line = follower.line(patience)) {
        auto parsed = json::parse(*line);
        if (parsed.at("event") == event) return parsed;
    }
    const auto end = follower.wait(patience);
    FAIL("no event '" << event << "' came: " << end.out << end.err);
    return {};
}

json until_sentence(child& follower, const std::string& part) {
    while (const auto line = follower.line(patience)) {
        auto parsed = json::parse(*line);
        if (parsed.value("sentence", "").find(part) != std::string::npos) return parsed;
    }
    const auto end = follower.wait(patience);
    FAIL("nothing was said of '" << part << "': " << end.out << end.err);
    return {};
}

void check_refused(const child_end& end, int code, const words& parts) {
    INFO("standard error: " << end.err << "\nstandard output: " << end.out);
    CHECK(end.signal == 0);
    CHECK(end.code == code);
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    for (const auto& part : parts) {
        INFO("wanted: " << part);
        CHECK(end.err.find(part) != std::string::npos);
    }
}

json check_done(const child_end& end, int epochs) {
    INFO("standard error: " << end.err << "\nstandard output: " << end.out);
    REQUIRE(end.code == 0);
    const auto done = last_line(end.out);
    REQUIRE(done.at("event") == "done");
    CHECK(done.at("items") == epochs * items_an_epoch);
    CHECK(done.at("applied") == done.at("items"));
    CHECK(done.at("skipped") == 0);
    return done;
}
