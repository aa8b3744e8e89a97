// Runs whose parts live apart, in one test: what is hosted where, a coordinator that comes back,
// and workers that drain.
#include "actors/embedded_run.hpp"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <set>

#include "tests/catch.hpp"
#include "tests/sim/sim_model.hpp"
#include "tests/unit/scheduled.hpp"

using namespace slackline;

namespace {

/// What the processes of a run share: an actor system, a store, and the link between all, on which
/// a frame takes a millisecond.
struct world : scheduled, checkpoint_store, incarnations_edge, link_edge {
    world() : scheduled(7) {}

    void send(address to, frame f) override { in_flight.push_back({to, std::move(f)}); }
    void pass_one_ms() {
        for (auto& o : std::exchange(in_flight, {})) actors.send(o.to, std::move(o.frame));
        pass_ms(1);
    }

    std::uint64_t next() override { return ++life; }
    result<era_start> begin_era() override { return era_start{++era, state}; }
    result<std::optional<model_state>> newest_of(std::uint64_t) override { return state; }
    result<std::uint64_t> last_era() override { return era; }
    result<void> note_copies(std::uint64_t, const std::string& all) override {
        lists = all;
        return {};
    }
    result<std::string> copies_of(std::uint64_t) override { return lists; }
    result<std::string> publish(const model_state& s) override {
        state = s;
        return "somewhere";
    }

    local_link actors;
    outbox in_flight;
    std::optional<model_state> state;
    std::string lists;
    std::uint64_t era = 0;
    std::uint64_t life = 0;
};

/// One process with its part of the run.
struct part : run_observer {
    struct options {
        std::uint64_t items = 40;
        bool adopt = false;
        std::uint64_t first_era = 0;
    };
    part(world& in, std::function<bool(address)> hosts, options o)
        : around(in),
          run(in.system, spec(o),
              {in.actors, in, in.clock, in, in, *this,
               [this](const std::string& s) { told.push_back(s); }, std::move(hosts)},
              false) {
        run.start([this](const std::string&) { over = true; });
        around.settle();
    }
    ~part() override {
        run.stop();
        for (int i = 0; i < 5'000 && !over; ++i) around.pass_one_ms();
    }
    run_spec spec(options o) {
        run_spec s;
        s.workers = 2;
        s.heartbeat_ms = 50;
        s.map = std::make_shared<shard_map>(make_sim_model({true, {}})->layout(), 2);
        s.rules.items_total = o.items;
        s.rules.items_per_epoch = o.items;
        s.rules.consistency.window = 1;
        s.rules.scalars = [](std::uint64_t, std::uint64_t) { return step_scalars{0.1f, 1, 1}; };
        s.cut_parts_ms = 500;
        s.adopt = o.adopt;
        s.first_era = o.first_era;
        s.make_model = [this] {
            ++models;
            return make_sim_model({true, {}});
        };
        s.make_batches = [this] {
            ++batches;
            return make_sim_batches(true);
        };
        s.evaluate = [this](const parameters&, const row_source&) {
            ++evaluations;
            return std::vector<std::pair<std::string, double>>{{"loss", 1.0}};
        };
        return s;
    }

    void era_begun(std::uint64_t era, const ledger_state&, const std::string& why) override {
        notes.push_back(fmt::format("era {}: {}", era, why));
    }
    void progressed(const sequencer_stats& s, double) override { stats = s; }
    void evaluated(const evaluation_report&) override {}
    void published(const cut_record&, const std::string&, const ledger_state&) override {}
    void happened(const std::string& sentence) override { notes.push_back(sentence); }
    void warned(const std::string& sentence) override { notes.push_back(sentence); }
    void failed(const std::string& sentence) override { notes.push_back(sentence); }
    void finished() override { done = true; }

    world& around;
    std::vector<std::string> notes;
    std::vector<std::string> told;
    sequencer_stats stats;
    int models = 0;
    int batches = 0;
    int evaluations = 0;
    bool done = false;
    bool over = false;
    embedded_run run;
};

/// Passes time until something is so; at most a minute.
bool comes(world& w, const std::function<bool()>& so) {
    for (int i = 0; i < 60'000 && !so(); ++i) w.pass_one_ms();
    return so();
}

bool is_worker(address a) {
    return a.role == role::WORKER;
}
bool is_coordinator(address a) {
    return a.role == role::COORDINATOR;
}

}  // namespace

TEST_CASE("a run that lives in two parts is trained, each part with what it hosts",
          "[embedded-run]") {
    world w;
    const auto one = [](address a) {
        return a == address{role::WORKER, 1} || a.role == role::SHARD;
    };
    std::optional<part> first(
        std::in_place, w, [&](address a) { return !one(a); }, part::options{});
    CHECK_FALSE(w.actors.find({role::SHARD, 0}));
    part second(w, one, {});
    CHECK(w.actors.find({role::SHARD, 0}));
    REQUIRE(comes(w, [&] { return first->done; }));
    CHECK(first->stats.applied == 40);
    CHECK(first->models == 1);
    CHECK(first->batches == 1);
    CHECK(first->evaluations > 0);
    CHECK(second.models == 1);
    CHECK(second.batches == 1);
    CHECK(second.evaluations == 0);
    CHECK(second.notes.empty());
    first.reset();
    CHECK_FALSE(w.actors.find({role::SEQUENCER, 0}));
    CHECK(w.actors.find({role::SHARD, 0}));  // a part takes only its own along
}

TEST_CASE("a coordinator that is started again goes on in its era", "[embedded-run]") {
    world w;
    part all(w, {}, {.items = 400});
    REQUIRE(comes(w, [&] { return all.stats.applied > 10; }));
    for (int n = 0; n < 2; ++n) {
        const auto notes = all.notes.size();
        REQUIRE(all.run.kill({role::COORDINATOR, 0}));
        REQUIRE(comes(w, [&] { return all.notes.size() > notes; }));
        CHECK(all.notes.back().starts_with("the coordinator is back: era 1 goes on at update"));
    }
    REQUIRE(comes(w, [&] { return all.done; }));
    CHECK(all.stats.applied == 400);
    CHECK(w.era == 1);
}

TEST_CASE("a coordinator in a new process takes over the era of this submission alone",
          "[embedded-run]") {
    world w;
    w.era = 3;
    part rest(w, [](address a) { return !is_coordinator(a); }, {.items = 400});
    std::optional<part> lead(std::in_place, w, is_coordinator, part::options{.items = 400});
    REQUIRE(comes(w, [&] { return lead->stats.applied > 10; }));
    CHECK(w.era == 4);
    lead.reset();
    SECTION("told to look, it goes on in it") {
        lead.emplace(w, is_coordinator, part::options{400, true, 4});
        REQUIRE(comes(w, [&] { return lead->done; }));
        CHECK(w.era == 4);
    }
    SECTION("an era of an earlier submission is not taken over") {
        lead.emplace(w, is_coordinator, part::options{400, true, 5});
        REQUIRE(comes(w, [&] { return lead->done; }));
        CHECK(w.era == 5);
    }
    SECTION("not told to look, it begins an era") {
        lead.emplace(w, is_coordinator, part::options{400, false, 4});
        REQUIRE(comes(w, [&] { return lead->done; }));
        CHECK(w.era == 5);
    }
    CHECK(lead->stats.applied == 400);
}

TEST_CASE("a run that was over while its coordinator was away ends", "[embedded-run]") {
    world w;
    part rest(w, [](address a) { return !is_coordinator(a); }, {});
    std::optional<part> lead(std::in_place, w, is_coordinator, part::options{});
    REQUIRE(comes(w, [&] { return lead->stats.applied > 0; }));
    REQUIRE(lead->stats.applied < 40);
    lead.reset();
    REQUIRE(comes(w, [&] { return w.state && w.state->ledger.applied == 40; }));
    lead.emplace(w, is_coordinator, part::options{40, true, 1});
    REQUIRE(comes(w, [&] { return lead->done; }));
    CHECK(w.era == 1);
}

TEST_CASE("workers that are told to drain leave, also those started again; others go on",
          "[embedded-run]") {
    world w;
    const address zero{role::WORKER, 0};
    part rest(w, [&](address a) { return a != zero; }, {.items = 400});
    part guest(w, [&](address a) { return a == zero; }, {.items = 400});
    REQUIRE(comes(w, [&] { return rest.stats.workers.size() == 2; }));
    CHECK_FALSE(guest.run.drained());
    guest.run.drain_workers();
    REQUIRE(comes(w, [&] { return guest.run.drained(); }));
    REQUIRE(comes(w, [&] { return rest.stats.workers.size() == 1; }));
    CHECK(rest.stats.workers[0].who.worker == 1);
    CHECK(rest.stats.history.leases_ended == 0);
    REQUIRE(guest.run.kill(zero));
    REQUIRE(comes(w, [&] { return rest.done; }));
    CHECK(rest.stats.workers.size() == 1);
    CHECK(guest.run.drained());
    CHECK_FALSE(rest.run.drained());  // nobody told it to
    CHECK(rest.stats.applied == 400);
}

TEST_CASE("a part without workers has drained as soon as it is told to", "[embedded-run]") {
    world w;
    part none(w, [](address a) { return !is_worker(a); }, {});
    CHECK_FALSE(none.run.drained());
    none.run.drain_workers();
    CHECK(none.run.drained());
}
