#include "actors/joined_nodes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace slackline {

namespace {

using json = nlohmann::ordered_json;

json to_json(const joined_node& n) {
    return {{"entry", "joined"}, {"name", n.name},       {"host", n.host},      {"port", n.port},
            {"shard", n.shard},  {"workers", n.workers}, {"of_file", n.of_file}};
}

joined_node from_json(const json& j) {
    joined_node n;
    j.at("name").get_to(n.name);
    j.at("host").get_to(n.host);
    j.at("port").get_to(n.port);
    j.at("shard").get_to(n.shard);
    j.at("workers").get_to(n.workers);
    n.of_file = j.value("of_file", false);  // journals of before have none
    return n;
}

}  // namespace

void write(const joined_node& n, wire::JoinedNode::Builder to) {
    to.setName(n.name);
    to.setHost(n.host);
    to.setPort(n.port);
    to.setShard(n.shard);
    to.setWorkers(n.workers);
    to.setOfFile(n.of_file);
}

joined_node read(wire::JoinedNode::Reader from) {
    return {from.getName().cStr(), from.getHost().cStr(), from.getPort(),
            from.getShard(),       from.getWorkers(),     from.getOfFile()};
}

std::vector<joined_node> read(capnp::List<wire::JoinedNode>::Reader from) {
    std::vector<joined_node> all;
    for (auto n : from) all.push_back(read(n));
    return all;
}

result<std::string> joining(const joined_node& n) {
    try {
        return to_json(n).dump();
    } catch (const json::exception&) {
        return fail(failure_code::usage,
                    "the node's name or address has bytes that are no UTF-8; rewrite them");
    }
}

bool tells_of_joining(const std::string& entry) {
    const auto j = json::parse(entry, nullptr, false);
    return j.is_object() && j.contains("entry") && j["entry"] == "joined";
}

result<joined_node> read_joining(const std::string& entry) {
    try {
        return from_json(json::parse(entry));
    } catch (const json::exception& e) {
        return fail(failure_code::malformed,
                    fmt::format("a node that joined does not read as one ({})", e.what()));
    }
}

}  // namespace slackline
