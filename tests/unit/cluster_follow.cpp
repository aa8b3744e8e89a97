// Following a run, against a coordinator that is written down frame by frame.
#include "cluster/client/follow.hpp"

#include "cluster_scripted_client.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct following {
    scripted_client client;
    follow_wish wish{
        "r",          submission{{"job.toml", "[run]", "/jobs", {"run.epochs=3"}}, true},
        "local.toml", "main",
        200,          report_style::plain};
    std::string out;

    result<void> run() {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
        REQUIRE(file);
        auto r = follow(wish, {client.dialler(), client, client, file.get()});
        out = content(file.get());
        return r;
    }

    std::size_t count(const std::string& part) const {
        std::size_t n = 0;
        for (auto at = out.find(part); at != out.npos; at = out.find(part, at + 1)) ++n;
        return n;
    }
};

frame introduced() {
    return event([](event_observer& o) { o.introduced({630, 2, 2, 16, "a library", "/runs"}); });
}
frame era(std::uint64_t number) {
    return event([=](event_observer& o) { o.era_begun(number, {}, "the run begins"); });
}
frame progress(std::uint64_t applied) {
    return event([=](event_observer& o) {
        sequencer_stats s;
        s.applied = applied;
        s.items_total = 40;
        o.progressed(s, 0.5);
    });
}
frame checkpoint(const std::string& path) {
    return event([=](event_observer& o) { o.published({1, 20, {true, false, false}}, path, {}); });
}
heard gone() {
    return fail(failure_code::io, "node main: the connection was reset");
}

}  // namespace

TEST_CASE("a submitted run is followed to its end", "[follow]") {
    following f;
    f.client.connections = {{submitted("r"), introduced(), era(1), progress(40),
                             checkpoint("r/checkpoint-20"), ended(wire::Ended::How::DONE)}};
    CHECK(f.run().has_value());
    CHECK(f.count("run r: 630 samples, 2 workers, 2 shards; matrix products: a library") == 1);
    CHECK(f.count("era 1 begins at update 0: the run begins") == 1);
    CHECK(f.count("checkpoint at update 20: /runs/r/checkpoint-20") == 1);
    CHECK(f.count("run r is done in") == 1);
    CHECK(f.count("items: 40 in all = 40 applied + 0 skipped") == 1);

    REQUIRE(f.client.sent.size() == 1);
    frame_reader reader(f.client.sent[0].second);
    const auto m = reader.root();
    CHECK(read_address(m.getTo()) == address{role::REGISTRAR, 0});
    CHECK(read_address(m.getFrom()) == address{role::CLIENT, 5});
    REQUIRE(m.isSubmit());
    CHECK(m.getSubmit().getResume());
    const auto job = m.getSubmit().getJob();
    CHECK(job.getFile() == "job.toml");
    CHECK(job.getText() == "[run]");
    CHECK(job.getFolder() == "/jobs");
    REQUIRE(job.getOverrides().size() == 1);
    CHECK(job.getOverrides()[0] == "run.epochs=3");
}

TEST_CASE("a run that fails or is cancelled ends the command with why", "[follow]") {
    following f;
    f.client.connections = {{submitted("r"), ended(wire::Ended::How::FAILED, "no space is left")}};
    auto r = f.run();
    REQUIRE(!r);
    CHECK(r.error().code == failure_code::refused);
    CHECK(r.error().sentence == "no space is left");

    following g;
    g.client.connections = {{submitted("r"), ended(wire::Ended::How::CANCELLED)}};
    r = g.run();
    REQUIRE(!r);
    CHECK(r.error().code == failure_code::refused);
    CHECK(r.error().sentence.starts_with("run r was cancelled"));
}

TEST_CASE("what the registrar declines is a usage error where it says so", "[follow]") {
    const auto usage = GENERATE(true, false);
    following f;
    f.client.connections = {{declined("run 'r' has 2 checkpoint(s)", usage)}};
    const auto r = f.run();
    REQUIRE(!r);
    CHECK(r.error().code == (usage ? failure_code::usage : failure_code::refused));
    CHECK(r.error().sentence == "run 'r' has 2 checkpoint(s)");
    CHECK(f.out == "");
}

TEST_CASE("whoever leaves is told how to come back", "[follow]") {
    following f;
    f.client.leaves_when_silent = true;
    f.client.connections = {{submitted("r"), introduced(), era(1)}};
    CHECK(f.run().has_value());
    CHECK(f.out.ends_with(
        "detached; run r goes on: slackline train --attach r --cluster local.toml\n"));
}

TEST_CASE("whoever leaves before the answer is told that nothing is known", "[follow]") {
    following f;
    f.client.leaves_when_silent = true;
    f.client.connections = {{}};
    const auto r = f.run();
    REQUIRE(!r);
    CHECK(r.error().sentence.find("slackline runs --cluster local.toml") != std::string::npos);
}

TEST_CASE("a coordinator that was lost is attached to again by name", "[follow]") {
    following f;
    f.client.connections = {
        {submitted("r"), introduced(), era(1), checkpoint("r/checkpoint-20"), gone()},
        {gone()},  // once more, before it answers
        {submitted("r", 0, true), introduced(), era(1), checkpoint("r/checkpoint-20"), progress(40),
         checkpoint("r/checkpoint-40"), ended(wire::Ended::How::DONE)}};
    CHECK(f.run().has_value());
    CHECK(f.count("the coordinator is gone; the run goes on without it; waiting for it until 60 s "
                  "have passed (node main: the connection was reset)") == 1);
    CHECK(f.count("the coordinator main is back") == 1);
    CHECK(f.count("run r: 630 samples") == 1);
    CHECK(f.count("era 1 begins") == 1);
    CHECK(f.count("checkpoint at update 20: /runs/r/checkpoint-20") == 1);
    CHECK(f.count("checkpoint at update 20: /runs/r/checkpoint-40") == 1);
    CHECK(f.count("run r is done in") == 1);
    REQUIRE(f.client.sent.size() == 3);
    for (const int connection : {2, 3}) {
        const auto& [on, sent] = f.client.sent[static_cast<std::size_t>(connection - 1)];
        CHECK(on == connection);
        frame_reader reader(sent);
        REQUIRE(reader.root().isAttach());
        CHECK(reader.root().getAttach().getName() == "r");
    }
}

TEST_CASE("a coordinator that stays away is waited for 300 heartbeats", "[follow]") {
    following f;
    f.client.connections = {{submitted("r"), era(1), gone()}};
    const auto began_ms = f.client.time_ms;
    const auto r = f.run();
    REQUIRE(!r);
    CHECK(r.error().code == failure_code::exhausted);
    CHECK(r.error().sentence.find("the coordinator main for 60 s") != std::string::npos);
    CHECK(r.error().sentence.find("slackline train --attach r --cluster local.toml") !=
          std::string::npos);
    CHECK(f.client.time_ms - began_ms == 60'000);
    CHECK(f.client.dials == 1 + 299);
    CHECK(f.count("the coordinator is gone") == 1);
}

TEST_CASE("whoever leaves while the coordinator is gone detaches too", "[follow]") {
    struct impatient : scripted_client {
        bool interrupted(std::int64_t wait_ms) override {
            time_ms += wait_ms;
            return dials >= 4;
        }
    } client;
    following f;
    client.connections = {{submitted("r"), gone()}};
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
    REQUIRE(file);
    CHECK(follow(f.wish, {client.dialler(), client, client, file.get()}).has_value());
    CHECK(content(file.get()).find("detached; run r goes on") != std::string::npos);
}

TEST_CASE("without news the state is asked for, and told once", "[follow]") {
    following f;
    const std::string waits =
        R"({"runs":[{"name":"q"},{"name":"r","state":"opening","awaits":[{"node":"c"}]}]})";
    f.client.connections = {
        {submitted("r", 2), std::nullopt, told(waits), told(waits), declined("enough", false)}};
    REQUIRE(!f.run());
    CHECK(f.count("run r waits: 2 come(s) before it") == 1);
    CHECK(f.count("run r waits for node c\n") == 1);

    following g;
    g.wish.heartbeat_ms = 100;
    g.client.connections = {{submitted("r")}};
    const auto r = g.run();  // and then nothing at all
    REQUIRE(!r);
    CHECK(r.error().sentence.find("the coordinator main for 30 s") != std::string::npos);
    CHECK(g.count("has said nothing for 2.5 s") == 1);
    CHECK(g.client.sent.size() == 1 + 59);  // every 5 heartbeats of the 300, but at the last
    frame_reader reader(g.client.sent[1].second);
    REQUIRE(reader.root().isAsk());
    CHECK(reader.root().getAsk().getWhat() == wire::Ask::What::STATUS);
}

TEST_CASE("checkpoints of a run that closes no item do not hide what it waits for", "[follow]") {
    const bool moves = GENERATE(false, true);
    following f;
    f.client.waits_in_full = true;
    f.client.connections = {{submitted("r")}};
    auto& heard = f.client.connections.front();
    for (std::uint64_t i = 0; i < 40; ++i) {  // a heartbeat each, eight seconds in all
        heard.push_back(moves ? progress(i) : checkpoint("r/checkpoint-" + std::to_string(i)));
        heard.push_back(std::nullopt);
    }
    heard.push_back(declined("enough", false));
    REQUIRE(!f.run());
    CHECK((f.client.sent.size() > 1) == !moves);
}

TEST_CASE("attaching ends within ten seconds where nobody answers", "[follow]") {
    following f;
    f.wish.submit.reset();
    f.client.connections = {{}};
    const auto began_ms = f.client.time_ms;
    const auto r = f.run();
    REQUIRE(!r);
    CHECK(r.error().code == failure_code::exhausted);
    CHECK(f.client.time_ms - began_ms < 10'000);
}

TEST_CASE("a coordinator that cannot be dialled ends the command with that sentence", "[follow]") {
    following f;
    const auto r = f.run();
    REQUIRE(!r);
    CHECK(r.error().sentence == "node main at 127.0.0.1:1: refused; start it");
    CHECK(f.client.dials == 1);
    CHECK(f.out == "");
}

TEST_CASE("a run that was over before is said to be done, without an account", "[follow]") {
    following f;
    f.wish.submit.reset();
    f.client.connections = {{submitted("r", 0, true), ended(wire::Ended::How::DONE)}};
    CHECK(f.run().has_value());
    CHECK(f.out == "run r is done\n");
}

TEST_CASE("a report that nobody can read ends the command, not the run", "[follow]") {
    following f;
    f.client.connections = {{submitted("r"), introduced(), ended(wire::Ended::How::DONE)}};
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> full(std::fopen("/dev/full", "w"),
                                                               std::fclose);
    REQUIRE(full);
    const auto r = follow(f.wish, {f.client.dialler(), f.client, f.client, full.get()});
    REQUIRE(!r);
    CHECK(r.error().code == failure_code::io);
    CHECK(r.error().sentence.find("slackline train --attach r --cluster local.toml") !=
          std::string::npos);
}

TEST_CASE("an era that goes on is no news to who knows it", "[follow]") {
    following f;
    const auto goes_on = [](std::uint64_t number) {
        return event([=](event_observer& o) { o.era_goes_on(number, {}); });
    };
    f.client.connections = {{submitted("r"), era(1), progress(10), goes_on(1), progress(20),
                             goes_on(2), progress(30), ended(wire::Ended::How::DONE)}};
    CHECK(f.run().has_value());
    CHECK(f.count("era 1 begins") == 1);
    CHECK(f.count("era 2 begins") == 1);
}

TEST_CASE("a coordinator that is back and busy is waited for as long as one that is gone",
          "[follow]") {
    following f;
    f.wish.submit.reset();
    connection_script busy(50, std::nullopt);  // reads data; each is a heartbeat long
    SECTION("it answers then") {
        busy.emplace_back(submitted("r", 0, true));
        busy.emplace_back(ended(wire::Ended::How::DONE));
        f.client.connections = {{submitted("r", 0, true), progress(40), gone()}, busy};
        CHECK(f.run().has_value());
        CHECK(f.count("the coordinator main is back") == 1);
    }
    SECTION("it never does") {
        f.client.connections = {{submitted("r", 0, true), progress(10), gone()}, {}};
        const auto began_ms = f.client.time_ms;
        const auto r = f.run();
        REQUIRE(!r);
        CHECK(r.error().code == failure_code::exhausted);
        CHECK(f.client.time_ms - began_ms >= 60'000);
        CHECK(f.client.time_ms - began_ms <= 61'000);
    }
}
