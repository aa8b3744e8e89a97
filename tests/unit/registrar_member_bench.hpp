// A registrar by hand with one more node, late, that may join, and what command lines ask for that
// changes who belongs to the cluster and where parts are.
#pragma once

#include <set>

#include "tests/unit/registrar_bench.hpp"

namespace slackline {

inline const joined_node late{"late", "127.0.0.1", 0, true, 2};
constexpr std::uint32_t place_of_late = 4;

struct member_bench : registrar_bench {
    void join(const joined_node& node) {
        auto b = from_client(5);
        write(node, b.root().initJoinCluster());
        give(b);
    }
    std::vector<joined_node> told_of_joined() const {
        const bool told = answer(5, wire::Message::TOLD, [](auto) { return true; }).has_value();
        return told ? grown.known : std::vector<joined_node>();
    }
    void move(address part, const std::string& to, const std::string& from = "") {
        auto b = from_client(5);
        auto m = b.root().initMove();
        write(m.initPart(), part);
        m.setTo(to);
        m.setFrom(from);
        give(b);
    }
    /// The copy that is to hold a part, and the one that is not to.
    std::optional<std::pair<address, std::uint16_t>> placed() const {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to != address{role::COORDINATOR, 0} || !reader.root().isPlace()) continue;
            const auto p = reader.root().getPlace();
            return std::pair(read_address(p.getPart()), p.getInsteadOf());
        }
        return std::nullopt;
    }
    /// Run 1 is open everywhere, with a shard on each of two nodes, and late has joined.
    void with_a_run() {
        submit(0, job("a"));
        beat(3);
        join(late);
        node_by_hand n;
        n.run = 1;
        n.hosting = wire::Hosting::OPEN;
        say(place_of_late, n);
        tell_copies(0, 0);
    }
    void beats_with_late(int times) {
        node_by_hand n;
        n.run = 1;
        n.hosting = wire::Hosting::OPEN;
        for (int t = 0; t < times; ++t) {
            say(place_of_late, n);
            beat();
        }
    }
    void tell_copies(std::uint16_t copy_of_0, std::uint16_t copy_of_1,
                     std::uint16_t of_sequencer = 0) {
        auto b = from_run(1);
        auto parts = b.root().initRunEvent().initCopies(3);
        const auto set = [&](unsigned i, address part, std::uint64_t size) {
            write(parts[i].initPart(), part);
            parts[i].setLed(true);
            parts[i].setWanted(1);
            parts[i].initMembers(1).set(0, part.copy);
            parts[i].setBytes(size);
        };
        set(0, {role::SHARD, 0, copy_of_0}, 400);
        set(1, {role::SHARD, 1, copy_of_1}, 600);
        set(2, {role::SEQUENCER, 0, of_sequencer}, 0);
        give(b);
    }

    void reload() { ask(5, wire::Ask::What::RELOAD); }
    void remove(const std::string& name) {
        auto b = from_client(5);
        b.root().initRemoveNode().setName(name);
        give(b);
    }
    nlohmann::json told() const {
        const auto json = answer(5, wire::Message::TOLD,
                                 [](auto m) { return std::string(m.getTold().getJson().cStr()); });
        return json ? nlohmann::json::parse(*json) : nlohmann::json();
    }
    /// The nodes that were told to leave by what was sent last.
    std::set<std::uint32_t> told_to_leave() const {
        std::set<std::uint32_t> leaving;
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to.role == role::NODE && reader.root().isAssign() &&
                reader.root().getAssign().getLeave())
                leaving.insert(o.to.index);
        }
        return leaving;
    }
    void removes(const std::vector<std::string>& names) {
        grown.edited = {{}, names, {}};
        reload();
    }
    std::set<std::string> names_in_status() {
        std::set<std::string> names;
        const auto s = status();
        for (const auto& n : s.at("nodes")) names.insert(n.at("name").get<std::string>());
        return names;
    }
};

inline const joined_node of_file{"late", "127.0.0.1", 0, true, 2, true};

}  // namespace slackline
