#include "cluster/file/cluster_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <string>

#include "cluster/file/host.hpp"

namespace slackline {

namespace {

constexpr std::uint32_t actors_max = 1'000;  // of a role, in a run

class checks {
public:
    checks(toml_source& source, std::vector<toml_section>& sections, const cluster_file& file)
        : source_(source), sections_(sections), file_(file) {}

    void all() {
        for (std::size_t i = 0; i < file_.nodes.size(); ++i) unlike_earlier(i);
        for (std::size_t i = 0; i < file_.nodes.size(); ++i) reachable(i);
        numbers();
        if (file_.nodes.empty())
            return absent("there is no [[node]]; write one for each process of the cluster");
        needed(&cluster_node::coordinator, "coordinator");
        needed(&cluster_node::shard, "shard");
        if (workers() == 0) no_role("worker");
    }

private:
    void absent(const std::string& why) { source_.refuse(file_.path + ": " + why, true); }

    void no_role(const char* role) {
        absent(fmt::format("no node has the role \"{}\"; add it to the roles of one", role));
    }

    void needed(bool cluster_node::* has, const char* role) {
        if (std::none_of(file_.nodes.begin(), file_.nodes.end(), std::mem_fn(has))) no_role(role);
    }

    std::uint64_t workers() const {
        std::uint64_t sum = 0;
        for (const auto& n : file_.nodes) sum += n.workers;
        return sum;
    }

    // One name, one address, one coordinator, one sequencer.
    void unlike_earlier(std::size_t i) {
        const auto& n = file_.nodes[i];
        for (std::size_t j = 0; j < i; ++j) {
            const auto& earlier = file_.nodes[j];
            if (!n.name.empty() && n.name == earlier.name)
                sections_[i].refuse("name", fmt::format("the node at {} is called \"{}\" too; give "
                                                        "one of them another name",
                                                        earlier.place, n.name));
            if (n.port != 0 && n.port == earlier.port && same_host(n.host, earlier.host))
                sections_[i].refuse("address",
                                    fmt::format("the node at {} has this address too; give one of "
                                                "them another port",
                                                earlier.place));
            one(i, j, &cluster_node::coordinator, "coordinator");
            one(i, j, &cluster_node::sequencer, "sequencer");
        }
    }

    void one(std::size_t i, std::size_t earlier, bool cluster_node::* has, const char* role) {
        if (file_.nodes[i].*has && file_.nodes[earlier].*has)
            sections_[i].refuse("roles", fmt::format("the node at {} is \"{}\" already and a "
                                                     "cluster has one; remove one of them",
                                                     file_.nodes[earlier].place, role));
    }

    // Names of one host that this file alone can tell to be equal.
    static bool same_host(const std::string& a, const std::string& b) {
        const auto plain = [](std::string host) {
            std::transform(host.begin(), host.end(), host.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            return host == "localhost" ? std::string("127.0.0.1") : host;
        };
        return plain(a) == plain(b);
    }

    void reachable(std::size_t i) {
        const auto& n = file_.nodes[i];
        if (n.host.empty()) return;  // it was refused
        if (loopback(n.host)) return apart_from_others(i);
        if (n.port == 0)
            sections_[i].refuse("address",
                                "other hosts cannot know which free port is found for 0; write "
                                "its number");
        if (!file_.insecure)
            sections_[i].refuse("address", fmt::format("beyond loopback connections to {} are "
                                                       "neither encrypted nor checked so far; "
                                                       "write insecure = true in [security] where "
                                                       "that is fine, or stay on \"127.0.0.1:0\"",
                                                       n.host));
    }

    // A node on loopback is one of this host to every host that reads the file.
    void apart_from_others(std::size_t i) {
        for (const auto& other : file_.nodes)
            if (!other.host.empty() && !loopback(other.host))
                return sections_[i].refuse(
                    "address", fmt::format("only its own host reaches {}, and the node at {} is "
                                           "beyond it; write an address that all hosts reach",
                                           file_.nodes[i].host, other.place));
    }

    void numbers() {
        const auto shards = std::count_if(file_.nodes.begin(), file_.nodes.end(),
                                          std::mem_fn(&cluster_node::shard));
        if (shards > actors_max || workers() > actors_max)
            source_.refuse(
                fmt::format("{}: the nodes have {} shards and {} workers; a run has at "
                            "most {} of each, remove some",
                            file_.path, shards, workers(), actors_max));
    }

    toml_source& source_;
    std::vector<toml_section>& sections_;
    const cluster_file& file_;
};

}  // namespace

void check_nodes(toml_source& source, std::vector<toml_section>& sections,
                 const cluster_file& file) {
    checks(source, sections, file).all();
}

}  // namespace slackline
