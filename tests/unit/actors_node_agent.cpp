// A node's agent, message by message: what it says, and what it has its host do.
#include "actors/node_agent.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

class host_by_hand : public run_host {
public:
    void open(const frame&, wire::RunSpec::Reader spec) override {
        REQUIRE(state.run == 0);
        opened.push_back(spec.getRun());
        state = {spec.getRun(), wire::Hosting::OPENING, ""};
    }
    void close() override { ++closes; }
    void drain() override { ++drains; }
    bool drained() const override { return empty; }
    bool handed_back() const override { return no_items; }
    hosting_state now() const override { return state; }

    hosting_state state;
    std::vector<std::uint64_t> opened;
    int closes = 0;
    int drains = 0;
    bool empty = false;
    bool no_items = false;
};

struct bench {
    bench()
        : agent({2, 77, 4'000, 3'999, "slackline 0.1.0"}, host,
                [this](const auto& all) { grown.push_back(all); }) {}

    void assign(assignment_order order, std::uint64_t run, std::uint64_t spec = 0,
                role from = role::REGISTRAR, bool leave = false) {
        auto b = ordered_message({from, 0}, {role::NODE, 2}, order);
        auto a = b.root().initAssign();
        a.setRun(run);
        if (spec != 0) a.initSpec().setRun(spec);
        a.setLeave(leave);
        const frame f = b.finish();
        frame_reader reader(f);
        outbox out;
        agent.handle(f, reader.root(), 0, out);
        CHECK(out.empty());
    }
    template <class Read>
    auto said(Read read) {
        outbox out;
        agent.tick(0, out);
        REQUIRE(out.size() == 1);
        CHECK(out[0].to == address{role::REGISTRAR, 0});
        frame_reader reader(out[0].frame);
        CHECK(read_address(reader.root().getFrom()) == address{role::NODE, 2});
        return read(reader.root());
    }
    wire::Hosting hosting() {
        return said([](auto m) { return m.getNodeState().getHosting(); });
    }

    host_by_hand host;
    std::vector<std::vector<joined_node>> grown;
    node_agent agent;
};

}  // namespace

TEST_CASE("an agent says what it is and what it holds", "[node-agent]") {
    bench b;
    b.assign({5, 3}, 0);
    b.host.state = {9, wire::Hosting::REFUSED, "there is no GPU"};
    b.said([](auto m) {
        const auto s = m.getNodeState();
        CHECK(s.getIncarnation() == 77);
        CHECK(s.getPid() == 4'000);
        CHECK(s.getParentPid() == 3'999);
        CHECK(s.getProgram() == "slackline 0.1.0");
        CHECK(s.getRun() == 9);
        CHECK(s.getHosting() == wire::Hosting::REFUSED);
        CHECK(s.getSentence() == "there is no GPU");
        CHECK(read_order(m) == assignment_order{5, 3});
        return 0;
    });
}

TEST_CASE("a run is opened where its spec is there and nothing is held", "[node-agent]") {
    bench b;
    b.assign({1, 1}, 4);
    CHECK(b.host.opened.empty());
    b.assign({1, 1}, 4, 5);  // another run's spec
    CHECK(b.host.opened.empty());
    b.assign({1, 1}, 4, 4);
    CHECK(b.host.opened == std::vector<std::uint64_t>{4});
    b.assign({1, 1}, 4, 4);
    b.assign({1, 1}, 4);
    CHECK(b.host.opened.size() == 1);
    CHECK(b.host.closes == 0);
}

TEST_CASE("another run is closed first, and told so once", "[node-agent]") {
    bench b;
    b.assign({1, 1}, 4, 4);
    b.assign({1, 2}, 6, 6);
    b.assign({1, 2}, 6, 6);
    CHECK(b.host.closes == 1);
    CHECK(b.host.opened.size() == 1);
    b.host.state = {};
    b.assign({1, 2}, 6, 6);
    CHECK(b.host.opened == std::vector<std::uint64_t>{4, 6});
    b.assign({1, 3}, 0);
    CHECK(b.host.closes == 2);
}

TEST_CASE("what an older order says is not followed", "[node-agent]") {
    bench b;
    b.assign({2, 5}, 4, 4);
    b.assign({2, 4}, 0);
    b.assign({1, 9}, 3, 3);  // an older registrar's
    CHECK(b.host.closes == 0);
    b.host.state = {};
    b.assign({2, 6}, 0);
    b.assign({2, 5}, 4, 4);
    CHECK(b.host.opened.size() == 1);
    b.assign({3, 1}, 1, 1);  // a newer registrar that knows nothing of the other
    CHECK(b.host.opened == std::vector<std::uint64_t>{4, 1});
}

TEST_CASE("only a registrar assigns", "[node-agent]") {
    bench b;
    b.assign({1, 1}, 4, 4, role::CLIENT);
    CHECK(b.host.opened.empty());
}

TEST_CASE("an agent that leaves drains its host and opens nothing", "[node-agent]") {
    bench b;
    b.assign({1, 1}, 4, 4);
    CHECK_FALSE(b.agent.left());
    b.agent.leave();
    b.agent.leave();
    CHECK(b.host.drains == 1);
    CHECK(b.hosting() == wire::Hosting::LEAVING);
    CHECK_FALSE(b.agent.left());
    b.host.empty = true;
    b.host.state = {};
    CHECK(b.agent.left());
    b.assign({1, 1}, 4, 4);
    CHECK(b.host.opened.size() == 1);
}

TEST_CASE("an agent that leaves waits for no checkpoint while the registrar is silent",
          "[node-agent]") {
    bench b;
    b.assign({1, 1}, 4, 4);
    b.agent.leave();
    for (int i = 0; i < 20; ++i) b.hosting();  // a beat each
    CHECK_FALSE(b.agent.left());
    b.host.no_items = true;
    CHECK(b.agent.left());
    b.assign({1, 1}, 4, 4);  // it is back, and may have one written
    CHECK_FALSE(b.agent.left());
    b.host.empty = true;
    CHECK(b.agent.left());
}

TEST_CASE("a host that has drained by chance has not left", "[node-agent]") {
    bench b;
    b.host.empty = true;
    CHECK_FALSE(b.agent.left());
}

TEST_CASE("nodes that join are told of when there are more, before anything is opened",
          "[node-agent][join]") {
    bench s;
    const auto assign = [&](const std::vector<joined_node>& joined) {
        auto b = ordered_message({role::REGISTRAR, 0}, {role::NODE, 2}, {1, 1});
        auto list = b.root().initAssign().initJoined(static_cast<unsigned>(joined.size()));
        for (unsigned i = 0; i < list.size(); ++i) write(joined[i], list[i]);
        const frame f = b.finish();
        frame_reader reader(f);
        outbox out;
        s.agent.handle(f, reader.root(), 0, out);
    };
    const joined_node a{"a", "127.0.0.1", 0, true, 0};
    const joined_node b{"b", "127.0.0.1", 0, false, 2};
    assign({a});
    assign({a});
    assign({a, b});
    CHECK(s.grown == std::vector<std::vector<joined_node>>{{a}, {a, b}});
}

TEST_CASE("an agent whose node is taken out of the cluster has left when all is handed over",
          "[node-agent]") {
    bench s;
    s.assign({1, 1}, 5, 5);
    s.assign({1, 2}, 5, 0, role::REGISTRAR, true);
    CHECK(s.agent.removed());
    CHECK(s.host.drains == 1);
    CHECK(s.host.closes == 0);
    s.host.no_items = true;
    for (int beats = 0; beats < 20; ++beats) s.hosting();  // the registrar is silent
    CHECK_FALSE(s.agent.left());
    s.assign({1, 3}, 5);  // it is wanted again: too late
    CHECK(s.agent.removed());
    s.host.empty = true;
    CHECK(s.agent.left());
}

TEST_CASE("an agent that hands over lets go of a run that is over", "[node-agent]") {
    bench s;
    s.assign({1, 1}, 5, 5);
    s.assign({1, 2}, 5, 0, role::REGISTRAR, true);
    s.assign({1, 3}, 0, 0, role::REGISTRAR, true);
    CHECK(s.host.closes == 1);
    s.assign({1, 4}, 6, 6, role::REGISTRAR, true);
    CHECK(s.host.opened == std::vector<std::uint64_t>{5});
}
