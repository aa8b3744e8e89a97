// A cluster of real node daemons on this host, in a folder of its own, for one test.
//
// Every wait has a limit and fails the test with what the cluster said last. What was started is
// ended, by its own pid, when the object goes away.
// Owner and thread: one test.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/cli/child.hpp"
#include "tests/cluster/own_network.hpp"
#include "tests/unit/scratch_folder.hpp"

using words = std::vector<std::string>;
using nlohmann::json;

constexpr child::milliseconds patience = std::chrono::seconds(60);
constexpr int items_an_epoch = 63;  ///< of the regression example

/// The names of one coordinator, two shards and two workers, and these as nodes on Unix sockets.
const words& five_names();
std::string five_nodes();

/// The host of command lines in a network of the test's own.
constexpr const char* desk = "desk";

class cluster_under_test {
public:
    /// `nodes`: the [[node]] sections; `cluster`: more keys of [cluster].
    explicit cluster_under_test(const std::string& nodes = five_nodes(),
                                const std::string& cluster = "heartbeat_ms = 100\n");

    /// The five nodes, each on a host of the network that has its name. The network has a desk,
    /// too, and outlives this.
    explicit cluster_under_test(const own_network& network);
    ~cluster_under_test();

    std::string file() const { return scratch_.path("cluster.toml"); }
    std::string path(const std::string& name) const { return scratch_.path(name); }

    /// Starts `slackline up` and waits until every node is up.
    void up();
    void start_up(const std::string& program = SLACKLINE_PROGRAM);
    void wait_until_up() const;
    child& up_process() { return *up_; }

    /// The words of a command of this cluster.
    words command(words what, const std::string& program = SLACKLINE_PROGRAM) const;

    /// The words that start a node by hand.
    words node_command(const std::string& name, const std::string& program) const;

    /// `train` of the regression example for so many epochs, followed as JSON lines.
    words train(int epochs, const words& more = {}) const;

    /// So many epochs last for some seconds at least, at the level `applied`: measured once, for
    /// machines differ.
    int epochs_for(double seconds) const;

    /// What `status --json` prints; nothing where nobody answers.
    std::optional<json> status() const;

    /// Until the status is as wanted.
    json until(const std::string& what, const std::function<bool(const json&)>& wanted,
               child::milliseconds limit = patience) const;

    /// A node of the status, and its process.
    json node(const std::string& name) const;
    pid_t pid(const std::string& name) const { return node(name).at("pid").get<pid_t>(); }

    /// Sends a signal to a node's process (not to its parent); returns its pid.
    pid_t signal(const std::string& name, int number) const;

    /// Until the node runs as another process than this one, and is up.
    void until_restarted(const std::string& name, pid_t before) const;

private:
    words on(const std::string& host, words command) const;

    scratch_folder scratch_;
    const own_network* network_ = nullptr;
    std::unique_ptr<child> up_;
};

/// Nodes of a cluster that are started one by one: nobody starts them again.
class nodes_by_hand {
public:
    /// The nodes of `five_nodes`, but for those that are left out.
    explicit nodes_by_hand(const cluster_under_test& c, const words& left_out = {});
    ~nodes_by_hand();

    void start(const std::string& name, const std::string& program = SLACKLINE_PROGRAM);

    /// Ends the node by SIGKILL, its parent first, and waits until neither is left.
    void kill(const std::string& name);

    void send(const std::string& name, int signal) { nodes_.at(name)->send(signal); }

    /// How it ended, with its log. Its name may be started again.
    child_end end(const std::string& name);

private:
    const cluster_under_test& cluster_;
    std::map<std::string, std::unique_ptr<child>> nodes_;
};

/// Until there is no such process.
void until_gone(pid_t process);

/// The run of that name in a status; null where there is none.
json run_of(const json& status, const std::string& name = "regression");

/// Reads a follower's lines up to the first event of that kind.
json until_event(child& follower, const std::string& event);

/// Reads a follower's lines up to the first with these words in its sentence.
json until_sentence(child& follower, const std::string& part);

/// Fails the test, with all that the child said, unless the error is one line with these words.
void check_refused(const child_end& end, int code, const words& parts);

/// The last line of a follower, which must be the account of a run that applied every item once.
json check_done(const child_end& end, int epochs);
