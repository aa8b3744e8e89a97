// One question to the registrar and its answer, or the sentence why there is none.
#include "cluster/client/ask.hpp"

#include "cluster/client/requests.hpp"
#include "cluster_scripted_client.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct asking {
    scripted_client client;

    result<std::string> ask(connection_script script) {
        scripted_edge edge(client, std::move(script), 1);
        return answer_to(cancel_request(edge.own_address(), "r"), edge, client, "main");
    }
};

}  // namespace

TEST_CASE("the answer is told, whatever else is heard before it", "[ask]") {
    asking a;
    const auto r = a.ask(
        {std::nullopt, event([](run_observer& o) { o.happened("a node left"); }), told("{}")});
    REQUIRE(r.has_value());
    CHECK(*r == "{}");
    REQUIRE(a.client.sent.size() == 1);
    frame_reader reader(a.client.sent[0].second);
    REQUIRE(reader.root().isCancelRun());
    CHECK(reader.root().getCancelRun().getName() == "r");
}

TEST_CASE("an agreement without words is an answer too", "[ask]") {
    CHECK(asking().ask({submitted("r")}).value() == "");
}

TEST_CASE("what is declined is an error, and the user's where it says so", "[ask]") {
    const auto usage = GENERATE(true, false);
    const auto r = asking().ask({declined("there is no run 'r'", usage)});
    REQUIRE(!r);
    CHECK(r.error().code == (usage ? failure_code::usage : failure_code::refused));
    CHECK(r.error().sentence == "there is no run 'r'");
}

TEST_CASE("a connection that ends is an error, and so is an answer that does not come", "[ask]") {
    auto r = asking().ask({fail(failure_code::io, "node main: reset")});
    REQUIRE(!r);
    CHECK(r.error().sentence == "node main: reset");
    asking a;
    const auto began_ms = a.client.time_ms;
    r = a.ask({});
    REQUIRE(!r);
    CHECK(r.error().code == failure_code::exhausted);
    CHECK(r.error().sentence.find("the coordinator main") != std::string::npos);
    CHECK(a.client.time_ms - began_ms == answer_limit_ms);
}
