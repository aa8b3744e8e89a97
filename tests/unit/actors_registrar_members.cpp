// The registrar: nodes that join, and parts of a run that move to them.
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;

namespace {

const joined_node late{"late", "127.0.0.1", 0, true, 2};
constexpr std::uint32_t place_of_late = 4;

struct bench : registrar_bench {
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
    void tell_copies(std::uint16_t copy_of_0, std::uint16_t copy_of_1) {
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
        set(2, {role::SEQUENCER, 0}, 0);
        give(b);
    }
};

}  // namespace

TEST_CASE("who joins is journaled, told to all nodes, and known in the next life",
          "[registrar][join]") {
    bench s;
    s.submit(0, bench::job("a"));
    s.join(late);
    CHECK(s.told_of_joined() == std::vector{late});
    CHECK(s.journal.entries.size() == 2);
    s.restart();
    s.join(late);  // it was started again
    CHECK(s.told_of_joined() == std::vector{late});
    CHECK(s.status().at("nodes").size() == 5);
    CHECK(s.status().at("runs").size() == 1);
    s.beat(3);
    s.tick();
    std::size_t told = 0;
    for (const auto& o : s.out) {
        frame_reader reader(o.frame);
        if (o.to.role == role::NODE && reader.root().isAssign())
            told += read(reader.root().getAssign().getJoined()) == std::vector{late} ? 1 : 0;
    }
    CHECK(told >= bench::nodes);
}

TEST_CASE("who cannot join is declined, and nothing of it is journaled", "[registrar][join]") {
    bench s;
    s.grown.refused = "full";
    s.join({"full", "127.0.0.1", 0, true, 0});
    CHECK(s.declined(5) == "there is no room for it");
    s.join({"shard-1", "127.0.0.1", 0, true, 0});
    CHECK(s.declined(5).find("has a node shard-1 already") != std::string::npos);
    s.join(late);
    auto other = late;
    other.workers = 3;
    s.join(other);
    CHECK(s.declined(5).find("other roles") != std::string::npos);
    CHECK(s.usage(5));
    CHECK(s.journal.entries.size() == 1);
    CHECK(s.status().at("nodes").size() == 5);
}

TEST_CASE("a journal with a node that cannot be read ends the registrar", "[registrar][join]") {
    bench s;
    s.journal.entries = {R"({"entry":"joined","name":"late"})"};
    s.restart();
    REQUIRE(s.core->failed());
    CHECK(s.core->failed()->find("/state/runs: a node that joined") == 0);
}

TEST_CASE("a part moves to the copy that a node has, instead of its primary's",
          "[registrar][move]") {
    bench s;
    s.with_a_run();
    s.move({role::SHARD, 1}, "late");
    CHECK(s.placed() == std::pair(address{role::SHARD, 1, 2}, std::uint16_t(0)));
    s.tell_copies(0, 2);
    s.move({role::SHARD, 1}, "shard-2", "late");
    CHECK(s.placed() == std::pair(address{role::SHARD, 1, 0}, std::uint16_t(2)));
}

TEST_CASE("a move is declined with its reason", "[registrar][move]") {
    bench s;
    const auto declined = [&](const std::string& with) {
        INFO(s.declined(5));
        CHECK(s.declined(5).find(with) != std::string::npos);
        CHECK_FALSE(s.placed());
    };
    s.move({role::SHARD, 1}, "late");
    declined("no run is active");
    s.with_a_run();
    s.move({role::SHARD, 7}, "late");
    declined("no shard 7; its shards are 0 to 1");
    s.move({role::SHARD, 1}, "nobody");
    declined("no node nobody; it has head, shard-1");
    s.move({role::SHARD, 1}, "worker-1");
    declined("has not the role shard");
    s.move({role::SHARD, 1}, "shard-2");
    declined("is on node shard-2 already");
    s.move({role::SHARD, 1}, "late", "shard-1");
    declined("shard 1 is not on node shard-1");
    s.say(place_of_late, {});  // it has not opened the run
    s.move({role::SHARD, 1}, "late");
    declined("has no part in run a now");
}

TEST_CASE("what a rebalance moves is told and done", "[registrar][move]") {
    bench s;
    s.with_a_run();
    s.tell_copies(2, 2);  // late has both
    const auto moves = s.asked(wire::Ask::What::REBALANCE).at("moves");
    REQUIRE(moves.size() == 1);
    CHECK(moves[0].at("part") == "shard 0");  // node shard-1 has no place for the other
    CHECK(moves[0].at("from") == "late");
    CHECK(moves[0].at("to") == "shard-1");
    CHECK(s.placed() == std::pair(address{role::SHARD, 0, 0}, std::uint16_t(2)));
    CHECK(s.status().at("runs")[0].at("imbalance") == 3.0);  // of three nodes one has all
}

namespace {

struct member_bench : bench {
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

const joined_node of_file{"late", "127.0.0.1", 0, true, 2, true};

}  // namespace

TEST_CASE("an edited file is taken up, journaled, and known in the next life",
          "[registrar][reload]") {
    member_bench s;
    s.beat(3);
    s.grown.edited = {{of_file}, {"shard-2"}, {}};
    s.reload();
    CHECK(s.told().at("added") == std::vector<std::string>{"late"});
    CHECK(s.told().at("removed") == std::vector<std::string>{"shard-2"});
    CHECK(s.grown.known == std::vector{of_file});
    s.tick();
    CHECK(s.told_to_leave() == std::set<std::uint32_t>{2});
    s.restart();
    CHECK(s.core->failed() == std::nullopt);
    CHECK(s.grown.known == std::vector{of_file});
    s.say(2, s.cluster[2]);
    s.tick();
    CHECK(s.told_to_leave() == std::set<std::uint32_t>{2});

    s.grown.edited = {{}, {}, {"shard-2"}};
    s.reload();
    CHECK(s.told().at("added") == std::vector<std::string>{"shard-2"});
    s.restart();
    s.say(2, s.cluster[2]);
    s.tick();
    CHECK(s.told_to_leave().empty());
}

TEST_CASE("a file that is wrong, or a full journal, changes nothing that is known",
          "[registrar][reload]") {
    member_bench s;
    s.grown.wrong = "c.toml:3: there is no role \"shrd\"";
    s.reload();
    CHECK(s.declined(5) == s.grown.wrong);
    CHECK(s.usage(5));
    s.grown.wrong = "";
    s.grown.edited = {{of_file}, {}, {}};
    s.grown.refused = "late";
    s.reload();
    CHECK(s.declined(5) == "there is no room for it");
    CHECK(s.journal.entries.empty());
    s.grown.refused = "";
    s.journal.full = true;
    s.reload();
    CHECK(s.declined(5) != "");
    CHECK(s.grown.known.empty());
}

TEST_CASE("a signal to a node has the file read, too", "[registrar][reload]") {
    member_bench s;
    s.grown.edited = {{of_file}, {}, {}};
    frame_builder b(bench::node(3), {role::REGISTRAR, 0}, 0, 0);
    b.root().initAsk().setWhat(wire::Ask::What::RELOAD);
    s.give(b);
    CHECK(s.grown.known == std::vector{of_file});
    CHECK(s.logged("node late joins the cluster"));
}

TEST_CASE("what a cluster cannot be without stays in it", "[registrar][reload]") {
    member_bench s;
    const auto refused = [&](const std::vector<std::string>& names) {
        s.removes(names);
        return s.declined(5);
    };
    s.beat(3);
    CHECK(refused({"head"}).find("head is the coordinator's") != std::string::npos);
    CHECK(refused({"shard-1", "shard-2"}).find("role shard") != std::string::npos);
    CHECK(refused({"worker-1"}).find("role worker") != std::string::npos);
    CHECK(refused({"nobody"}).find("no node nobody") != std::string::npos);
    CHECK(s.journal.entries.empty());
    s.removes({"shard-1"});
    CHECK(s.declined(5) == "");
    CHECK(refused({"shard-2"}).find("role shard") != std::string::npos);  // it is the last by now
}

TEST_CASE("a node that has what nobody else has is not taken out, nor one too many",
          "[registrar][reload]") {
    member_bench s;
    s.with_a_run();  // shard 0 is on shard-1, shard 1 on shard-2, and late could have both
    SECTION("who hands over is let go") {
        s.removes({"shard-1"});
        CHECK(s.declined(5) == "");
        s.cluster[1].hosting = wire::Hosting::LEAVING;
        s.beat();
        CHECK(s.told_to_leave() == std::set<std::uint32_t>{1});
        CHECK(s.assigned().first[1] == 1);  // until it has handed over
        CHECK(s.names_in_status().contains("shard-1"));
        s.move({role::SHARD, 1}, "shard-1");
        CHECK(s.declined(5) == "node shard-1 is taken out of the cluster");
        s.cluster[1].speaks = false;
        s.beat(8);
        CHECK_FALSE(s.names_in_status().contains("shard-1"));
        CHECK(s.status()["waits"].empty());
    }
    SECTION("who is away cannot hand over") {
        s.cluster[1].speaks = false;
        bench::node_by_hand n;
        n.run = 1;
        n.hosting = wire::Hosting::OPEN;
        for (int beats = 0; beats < 8; ++beats) {
            s.say(place_of_late, n);
            s.beat();
        }
        s.removes({"shard-1"});
        CHECK(s.declined(5).find("shard 0 of run a and could hand it over") != std::string::npos);
        CHECK_FALSE(s.usage(5));
    }
    SECTION("a node for each copy must be left") {
        s.cluster[1].speaks = true;
        s.removes({"shard-1", "late"});
        CHECK(s.declined(5).find("shard 0 to be on 1 node(s), and 0") != std::string::npos);
    }
}

TEST_CASE("a node that joined by a command is taken out by one", "[registrar][join]") {
    member_bench s;
    s.beat(3);
    s.remove("late");
    CHECK(s.declined(5).find("no node late") != std::string::npos);
    s.join(late);
    s.remove("late");
    CHECK(s.told() == nlohmann::json::object());
    s.remove("late");
    CHECK(s.told() == nlohmann::json::object());
    s.remove("shard-1");
    CHECK(s.declined(5).find("take it out there, then: slackline reload") != std::string::npos);
    CHECK(s.journal.entries.size() == 2);
    s.join(late);  // and comes back
    CHECK(s.declined(5) == "");
}
