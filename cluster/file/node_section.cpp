#include "cluster/file/node_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "cluster/file/host.hpp"

namespace slackline {

namespace {

constexpr std::int64_t workers_max = 1'000;

const std::vector<std::string> role_names{"coordinator", "sequencer", "shard", "worker"};
constexpr const char* a_list = "a list of \"coordinator\", \"sequencer\", \"shard\", \"worker\"";

void read_name(toml_section& s, cluster_node& to) {
    to.name = s.text("name", "");
    to.place = s.place("name");
    if (!fit_name(to.name))
        s.refuse("name",
                 "a node needs a name of letters, digits, '-', '_' and '.', the first no '.'");
}

void read_address(toml_section& s, cluster_node& to) {
    const auto written = s.text("address", "");
    if (!s.has("address"))
        return s.refuse("address",
                        "where is this node? write \"host:port\", such as "
                        "\"127.0.0.1:0\"");
    const auto read = read_host_port(written);
    if (!read) return s.refuse("address", read.error().sentence);
    to.host = read->host;
    to.port = read->port;
}

std::string no_role(const std::string& word) {
    const auto near = nearest(word, role_names);
    return near.empty() ? fmt::format("there is no role \"{}\"; write {}", word, a_list)
                        : fmt::format("there is no role \"{}\"; did you mean \"{}\"?", word, near);
}

// Nothing where the list is wrong.
std::optional<std::set<std::string>> read_roles(toml_section& s) {
    std::set<std::string> roles;
    const auto* n = s.node("roles");
    const auto refuse = [&s](const std::string& why) {
        s.refuse("roles", why);
        return std::nullopt;
    };
    if (!n || !n->is_array()) {
        s.refuse_type("roles", a_list);
        return std::nullopt;
    }
    for (const auto& element : *n->as_array()) {
        const auto word = element.value_exact<std::string>();
        if (!word) return refuse("a list here holds strings only");
        if (std::find(role_names.begin(), role_names.end(), *word) == role_names.end())
            return refuse(no_role(*word));
        if (!roles.insert(*word).second)
            return refuse(fmt::format("\"{}\" stands there twice; remove one", *word));
    }
    if (roles.empty())
        return refuse(fmt::format("a node without a role does nothing; write {}", a_list));
    return roles;
}

// What is about workers, read also where a node has none, so that its types are checked.
void read_workers(toml_section& s, bool has_any, bool roles_known, cluster_node& to) {
    const auto number = s.integer("workers", 1, 1, workers_max);
    to.device = s.text("device", "cpu");
    if (to.device != "cpu")
        s.refuse("device",
                 "workers compute on \"cpu\" and nothing else so far; write that, or "
                 "remove the key");
    if (has_any) to.workers = static_cast<std::uint32_t>(number);
    for (const char* key : {"workers", "device"})
        if (roles_known && !has_any && s.has(key))
            s.refuse(key, "this node has no role \"worker\"; add it to roles, or remove the key");
}

void read_program(toml_section& s, const std::string& folder, cluster_node& to) {
    to.program = s.text("program", "");
    if (to.program.empty() && s.has("program"))
        s.refuse("program", "name a program, or remove the key");
    if (to.program.find('/') != to.program.npos) to.program = path_from(folder, to.program);
}

}  // namespace

bool fit_name(const std::string& name) {
    return !name.empty() && name.front() != '.' &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "-_.") == name.npos;
}

std::string path_from(const std::string& folder, const std::string& path) {
    auto whole = (std::filesystem::path(folder) / path).lexically_normal();
    if (!whole.has_filename() && whole.has_relative_path()) whole = whole.parent_path();
    return whole.string();
}

cluster_node read_node(toml_section& section, const std::string& folder) {
    cluster_node node;
    read_name(section, node);
    read_address(section, node);
    const auto known_roles = read_roles(section);
    const auto roles = known_roles.value_or(std::set<std::string>());
    node.coordinator = roles.contains("coordinator");
    node.sequencer = roles.contains("sequencer");
    node.shard = roles.contains("shard");
    read_workers(section, roles.contains("worker"), known_roles.has_value(), node);
    read_program(section, folder, node);
    section.end();
    return node;
}

}  // namespace slackline
