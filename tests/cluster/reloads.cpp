// A cluster file that is edited while a run goes on: nodes come, and nodes go for good.
#include <signal.h>

#include <fstream>
#include <sstream>

#include "tests/cluster/run_in_one_era.hpp"

namespace {

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// The cluster's file, to be edited and given back.
struct edited_file {
    explicit edited_file(const cluster_under_test& c) : path(c.file()), before(text_of(path)) {}
    void write(const std::string& text) const { std::ofstream(path) << text; }
    void add(const std::string& name, const std::string& role) const {
        write(before + section_of(name, role));
    }
    static std::string section_of(const std::string& name, const std::string& role) {
        return "\n[[node]]\nname = \"" + name + "\"\naddress = \"127.0.0.1:0\"\nroles = [\"" +
               role + "\"]\n";
    }
    std::string without(const std::string& name) const {
        const auto at = before.find("name = \"" + name + "\"");
        const auto begin = before.rfind("[[node]]", at);
        return before.substr(0, begin) +
               before.substr(std::min(before.size(), before.find("[[node]]", at)));
    }

    std::string path;
    std::string before;
};

child_end told(const cluster_under_test& c, words what) {
    return run_child(c.command(std::move(what)), patience);
}

void reload(const cluster_under_test& c, const std::string& says) {
    const auto end = told(c, {"reload"});
    INFO(end.out << end.err);
    REQUIRE(end.code == 0);
    CHECK(end.out.find(says) != std::string::npos);
}

bool has_node(const json& status, const std::string& name) {
    const auto& nodes = status.at("nodes");
    return std::any_of(nodes.begin(), nodes.end(),
                       [&](const json& n) { return n.at("name") == name; });
}

bool computes(const json& status, const std::string& node) {
    const auto run = run_of(status);
    for (const auto& w : run.is_null() ? json::array() : run.at("workers"))
        if (w.at("node") == node && w.at("clock").get<int>() > 10) return true;
    return false;
}

bool holds(const json& status, const std::string& node) {
    const auto run = run_of(status);
    for (const auto& c : run.is_null() ? json::array() : run.at("copies"))
        for (const auto& n : c.at("nodes"))
            if (n == node) return true;
    return false;
}

}  // namespace

TEST_CASE("a node that is added to the file computes, and goes when it is taken out",
          "[cluster][reload]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, {});
    const edited_file file(c);
    file.add("worker-2", "worker");
    child late(c.node_command("worker-2", SLACKLINE_PROGRAM));  // it waits to be taken up
    reload(c, "node worker-2 belongs to the cluster");
    c.until("it computes", [](const json& s) { return computes(s, "worker-2"); });

    const auto pid = c.signal("coord", SIGKILL);
    c.until_restarted("coord", pid);
    c.until("it is known", [](const json& s) { return computes(s, "worker-2"); });

    file.write(file.before);
    reload(c, "node worker-2 hands over");
    const auto end = late.wait(patience);
    INFO(end.err);
    CHECK(end.code == 0);
    CHECK(end.err.find("taken out of the cluster") != std::string::npos);
    c.until("it is gone", [](const json& s) { return !has_node(s, "worker-2"); });
    reload(c, "no node has come or gone");
    CHECK(run.still(c));
    run.check_went_on("checkpoint");
}

TEST_CASE("a node that is taken out of the file gives away what it holds, and can come back",
          "[cluster][reload]") {
    cluster_under_test c;
    nodes_by_hand nodes(c);
    c.wait_until_up();
    run_in_one_era run(c, {"--set", "consistency.level=logged"});
    const edited_file file(c);
    file.write(file.without("shard-0"));
    reload(c, "node shard-0 hands over");
    const auto end = nodes.end("shard-0");
    INFO(end.err);
    CHECK(end.code == 0);
    c.until("shard-1 has all", [](const json& s) {
        return holds(s, "shard-1") && !holds(s, "shard-0") && !has_node(s, "shard-0");
    });
    check_refused(told(c, {"move", "--shard", "0", "--to", "shard-0"}), 2, {"taken out"});

    // The last one that could hold anything stays.
    file.write([&] {
        auto text = file.without("shard-0");
        const auto at = text.find("name = \"shard-1\"");
        return text.substr(0, text.rfind("[[node]]", at)) + text.substr(text.find("[[node]]", at)) +
               edited_file::section_of("shard-9", "shard");
    }());
    check_refused(told(c, {"reload"}), 1, {"1 node(s), and 0"});

    file.write(file.before);
    reload(c, "node shard-0 belongs to the cluster");
    nodes.start("shard-0");
    c.until("it is given something again", [&](const json&) {
        return told(c, {"move", "--shard", "0", "--to", "shard-0"}).code == 0;
    });
    CHECK(run.still(c));
    run.check_went_on("has moved");
}

TEST_CASE("a node takes a signal for the wish to have the file read", "[cluster][reload]") {
    cluster_under_test c;
    c.up();
    const edited_file file(c);
    file.add("worker-2", "worker");
    c.signal("worker-0", SIGHUP);
    c.until("worker-2 is known", [](const json& s) { return has_node(s, "worker-2"); });
    // The next run is opened without it, and with it when it is there.
    check_done(child(c.train(1)).wait(patience), 1);
}

TEST_CASE("what a file cannot change while its cluster runs is refused", "[cluster][reload]") {
    cluster_under_test c;
    c.up();
    const edited_file file(c);
    const auto refused = [&](const std::string& text, const words& with) {
        file.write(text);
        check_refused(told(c, {"reload"}), 2, with);
    };
    auto slower = file.before;
    slower.replace(slower.find("heartbeat_ms = 100"), 18, "heartbeat_ms = 101");
    refused(slower, {"heartbeat_ms in [cluster]", "stop the cluster"});
    refused(file.before + "[[node", {"cluster.toml:"});
    file.write(file.without("coord"));
    check_refused(told(c, {"reload"}), 2, {"coordinator"});
    file.write(file.before);
    reload(c, "no node has come or gone");
    check_refused(told(c, {"remove", "shard-0"}), 2, {"take it out there"});
}

// The file is edited and only the coordinator's node is started again: the others count the nodes
// otherwise, so they follow, and what is logged is there.
TEST_CASE("nodes follow a coordinator that was started with another file", "[cluster][reload]") {
    cluster_under_test c;
    nodes_by_hand nodes(c);
    c.wait_until_up();
    run_in_one_era run(c, {"--set", "consistency.level=logged"});
    std::map<std::string, pid_t> before;
    for (const auto* name : {"shard-0", "shard-1", "worker-0", "worker-1"})
        before[name] = c.pid(name);
    const edited_file file(c);
    const auto worker = edited_file::section_of("worker-2", "worker");
    file.write(file.before.substr(0, file.before.find("[[node]]")) + worker +
               file.before.substr(file.before.find("[[node]]")));  // it is the first one now
    nodes.kill("coord");
    nodes.start("coord");
    for (const auto& [name, pid] : before) c.until_restarted(name, pid);
    nodes.start("worker-2");
    c.until("all are there", [](const json& now) {
        const auto& all = now.at("nodes");
        return all.size() == 6 && std::all_of(all.begin(), all.end(),
                                              [](const json& n) { return n.at("state") == "up"; });
    });
    CHECK(run.still(c));
    run.check_went_on("checkpoint");
}

TEST_CASE("a node that joined by a command is taken out by one", "[cluster][reload][join]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, {});
    const auto joining = c.command({"node", "--join", "--name", "late", "--address", "127.0.0.1:0",
                                    "--role", "shard", "--role", "worker"});
    child late(joining);
    c.until("it computes", [](const json& s) { return computes(s, "late"); });
    c.until("it takes shard 0", [&](const json&) {
        return told(c, {"move", "--shard", "0", "--to", "late"}).code == 0;
    });
    CHECK(told(c, {"remove", "late"}).code == 0);
    CHECK(late.wait(patience).code == 0);
    c.until("nothing is there",
            [](const json& s) { return !holds(s, "late") && !has_node(s, "late"); });
    CHECK(told(c, {"remove", "late"}).code == 0);
    child again(joining);
    c.until("it computes again", [](const json& s) { return computes(s, "late"); });
    CHECK(run.still(c));
    run.check_went_on("has moved");
}

TEST_CASE("a signal to up has the file read and starts the new node", "[cluster][reload]") {
    cluster_under_test c;
    c.up();
    run_in_one_era run(c, {});
    const edited_file file(c);
    file.add("worker-2", "worker");
    c.up_process().send(SIGHUP);
    c.until("it computes", [](const json& s) { return computes(s, "worker-2"); });
    const auto guard = c.node("worker-2").at("parent_pid").get<pid_t>();
    file.write(file.before);
    c.up_process().send(SIGHUP);
    until_gone(guard);
    c.until("it is gone", [](const json& s) { return !has_node(s, "worker-2"); });
    file.add("worker-2", "worker");
    c.up_process().send(SIGHUP);
    c.until("it is back", [](const json& s) { return computes(s, "worker-2"); });
    CHECK(run.still(c));
    run.check_went_on("checkpoint");
}
