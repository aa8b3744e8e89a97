#include "cluster/file/roster.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace slackline {

namespace {

using json = nlohmann::ordered_json;

json to_json(const cluster_node& n) {
    return {{"name", n.name},           {"host", n.host},
            {"port", n.port},           {"coordinator", n.coordinator},
            {"sequencer", n.sequencer}, {"shard", n.shard},
            {"workers", n.workers},     {"joined", n.joined},
            {"of_file", n.of_file}};
}

void read(const json& j, cluster_node& to) {
    j.at("host").get_to(to.host);
    j.at("port").get_to(to.port);
    j.at("coordinator").get_to(to.coordinator);
    j.at("sequencer").get_to(to.sequencer);
    j.at("shard").get_to(to.shard);
    j.at("workers").get_to(to.workers);
    j.at("joined").get_to(to.joined);
    j.at("of_file").get_to(to.of_file);
}

}  // namespace

std::string roster_json(const cluster_file& running) {
    json nodes = json::array();
    for (const auto& n : running.nodes) nodes.push_back(to_json(n));
    return json{{"nodes", std::move(nodes)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<cluster_file> with_roster(cluster_file own, const std::string& told) {
    try {
        std::vector<cluster_node> nodes;
        const auto roster = json::parse(told);
        for (const auto& n : roster.at("nodes")) {
            cluster_node node;
            n.at("name").get_to(node.name);
            node.place = "the coordinator's roster";
            if (const auto at = own.find(node.name)) node = own.nodes[*at];
            read(n, node);
            nodes.push_back(std::move(node));
        }
        own.nodes = std::move(nodes);
        return own;
    } catch (const json::exception&) {
        return fail(failure_code::malformed,
                    "the coordinator's answer is not understood; run the same version of this "
                    "program here and there");
    }
}

}  // namespace slackline
