#include "tests/cluster/own_network.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "tests/cli/child.hpp"

namespace {

constexpr const char* program = "/usr/bin/env";  // finds `ip`, wherever a system keeps it

child_end ip(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {program, "ip"});
    return run_child(std::move(arguments));
}

void must(const std::vector<std::string>& arguments) {
    const auto end = ip(arguments);
    if (end.code == 0) return;
    std::string command = "ip";
    for (const auto& a : arguments) command += " " + a;
    throw std::runtime_error(command + ": " + end.err);
}

std::string named(const std::string& host) {
    return fmt::format("slackline-{}-{}", getpid(), host);
}

}  // namespace

std::optional<std::string> own_network::impossible() {
    try {
        const own_network probe(words{"probe"});
        probe.cut("probe");
        const auto end = run_child(probe.on("probe", {"/bin/true"}));
        if (end.code != 0) return end.err;
    } catch (const std::exception& e) {
        return e.what();
    }
    return std::nullopt;
}

// Once the constructor without hosts has ended, the destructor removes what this one has made.
own_network::own_network(words hosts) : own_network() {
    hosts_ = std::move(hosts);
    const auto hub = named("switch");
    must({"netns", "add", hub});
    must({"-n", hub, "link", "add", "name", "hub", "type", "bridge"});
    must({"-n", hub, "link", "set", "hub", "up"});
    for (const auto& host : hosts_) {
        must({"netns", "add", named(host)});
        must({"-n", hub, "link", "add", "name", host, "type", "veth", "peer", "name", "cable",
              "netns", named(host)});
        must({"-n", hub, "link", "set", host, "master", "hub", "up"});
        must({"-n", named(host), "address", "add", address(host) + "/24", "dev", "cable"});
        must({"-n", named(host), "link", "set", "cable", "up"});
        must({"-n", named(host), "link", "set", "lo", "up"});
    }
}

own_network::~own_network() {
    try {
        for (const auto& host : hosts_) ip({"netns", "del", named(host)});
        ip({"netns", "del", named("switch")});
    } catch (...) {  // `ip` itself stands still: what is left has this process's number in its name
    }
}

std::size_t own_network::place(const std::string& host) const {
    return std::size_t(std::find(hosts_.begin(), hosts_.end(), host) - hosts_.begin());
}

std::string own_network::address(const std::string& host) const {
    return fmt::format("10.77.0.{}", 1 + place(host));
}

own_network::words own_network::on(const std::string& host, words command) const {
    command.insert(command.begin(), {program, "ip", "netns", "exec", named(host)});
    return command;
}

void own_network::cut(const std::string& host) const {
    must({"-n", named("switch"), "link", "set", host, "down"});
}

void own_network::heal(const std::string& host) const {
    must({"-n", named("switch"), "link", "set", host, "up"});
}
