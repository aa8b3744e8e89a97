#include "tests/sim/simulation.hpp"

#include <fmt/format.h>

#include <array>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <random>

#include "actors/embedded_run.hpp"
#include "kernels/mix.hpp"
#include "messages/crc32c.hpp"
#include "tests/sim/checker.hpp"
#include "tests/sim/memory_store.hpp"
#include "tests/sim/sim_link.hpp"
#include "tests/sim/sim_model.hpp"

namespace slackline {

namespace {

constexpr std::int64_t limit_ms = 600'000;
constexpr std::int64_t faults_until_ms = 20'000;

struct drawn {
    std::uint32_t workers;
    std::uint32_t shards;
    bool with_table;
    link_faults faults;
    std::uint32_t nodes;
    std::int64_t fault_every_ms;  ///< 0: none
    std::optional<std::uint64_t> poison;
    optimizer_settings optimizer;
    sequencer_settings rules;
};

drawn draw(std::mt19937_64& r) {
    drawn d{};
    do {
        d.workers = 1 + static_cast<std::uint32_t>(r() % 4);
        auto& c = d.rules.consistency;
        c = {};
        c.aggregate = static_cast<std::uint32_t>(r() % 4);
        if (r() % 3 != 0) c.staleness = static_cast<std::uint32_t>(r() % 6);
        c.late = static_cast<late_policy>(r() % 3);
        if (r() % 4 == 0) c.slack = static_cast<std::uint32_t>(r() % 4);
        c.repeats = r() % 2 == 0;
        c.window = 1 + static_cast<std::uint32_t>(r() % 3);
        c.cancel_late = c.staleness && c.late != late_policy::wait && r() % 2 == 0;
    } while (!check(d.rules.consistency, d.workers));
    d.shards = 1 + static_cast<std::uint32_t>(r() % 4);
    d.with_table = r() % 2 == 0;
    d.faults.delay_max_ms = std::int64_t(r() % 30);
    if (r() % 2 == 0) d.faults.loss = 0.02;
    if (r() % 2 == 0) d.faults.duplication = 0.05;
    d.nodes = 1 + static_cast<std::uint32_t>(r() % 4);
    d.fault_every_ms = r() % 4 == 0 ? 0 : 2'500 + std::int64_t(r() % 3'000);
    d.rules.items_total = 20 + r() % 150;
    d.rules.items_per_epoch = 10 + r() % 40;
    if (r() % 4 == 0) d.poison = r() % d.rules.items_total;
    d.optimizer.kind = static_cast<optimizer_kind>(r() % 8);
    if (d.optimizer.kind != optimizer_kind::ftrl && r() % 2 == 0) d.optimizer.weight_decay = 0.01f;
    d.rules.clip_norm = r() % 2 == 0 ? 10 : 0;
    d.rules.scalars = [o = d.optimizer](std::uint64_t count, std::uint64_t) {
        return step_scalars_at(o, 0.05f, count);
    };
    return d;
}

// One line of a message, without its payload.
std::string show(wire::Message::Reader m) {
    auto line = std::string(kj::str(m).cStr());
    if (line.size() > 240) line = line.substr(0, 237) + "...";
    return line;
}

class sim_clock : public clock_edge {
public:
    std::int64_t now_ms() const override { return now_ms_; }
    void advance(std::int64_t ms) { now_ms_ += ms; }

private:
    std::int64_t now_ms_ = 1;
};

class sim_incarnations : public incarnations_edge {
public:
    std::uint64_t next() override { return ++last_; }

private:
    std::uint64_t last_ = 0;
};

class sim_observer : public run_observer {
public:
    void era_begun(std::uint64_t, const ledger_state&, const std::string&) override { ++eras; }
    void progressed(const sequencer_stats&, double) override {}
    void evaluated(const evaluation_report&) override {}
    void published(const cut_record&, const std::string&, const ledger_state&) override {}
    void warned(const std::string&) override {}
    void failed(const std::string& sentence) override { failure = sentence; }
    void finished() override { done = true; }

    std::uint64_t eras = 0;
    bool done = false;
    std::string failure;
};

class simulation {
public:
    simulation(std::uint64_t seed, std::int64_t show_ms)
        : seed_(seed),
          show_ms_(show_ms),
          random_(seed),
          drawn_(draw(random_)),
          map_(std::make_shared<shard_map>(make_sim_model({drawn_.with_table, {}})->layout(),
                                           drawn_.shards)),
          checker_({map_, drawn_.optimizer, seed, drawn_.rules.items_total,
                    drawn_.rules.consistency.staleness}),
          store_(checker_),
          system_(configure(config_)),
          scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
          link_(actors_, clock_, seed + 1, drawn_.faults,
                [this](address to, const frame& f, wire::Message::Reader m) { saw(to, f, m); }),
          run_(system_, spec(seed),
               {actors_, link_, clock_, incarnations_, store_, observer_,
                [this](const std::string& ended) {
                    if (ended.find("killed") == ended.npos) fell_.push_back(ended);
                }},
               false) {}

    simulation_outcome run();

private:
    static caf::actor_system_config& configure(caf::actor_system_config& c) {
        c.set("scheduler.policy", caf::atom("testing"));
        c.set("logger.file-verbosity", caf::atom("quiet"));
        c.set("logger.console-verbosity", caf::atom("quiet"));
        return c;
    }

    run_spec spec(std::uint64_t seed) {
        run_spec s;
        s.seed = seed;
        s.workers = drawn_.workers;
        s.heartbeat_ms = 50;
        s.restarts_max = 40;  // a node's death restarts all that it held
        s.map = map_;
        s.optimizer = drawn_.optimizer;
        s.rules = drawn_.rules;
        s.checkpoint_every_ms = 400;
        const sim_model_settings m{drawn_.with_table, drawn_.poison};
        s.make_model = [m] { return make_sim_model(m); };
        s.make_batches = [m] { return make_sim_batches(m.with_table); };
        s.evaluate = [](const parameters&, const row_source&) {
            return std::vector<std::pair<std::string, double>>{{"loss", 1.0}};
        };
        return s;
    }

    void saw(address to, const frame& f, wire::Message::Reader m) {
        for (const auto& s : f.segments()) trace_ = crc32c(s.bytes, trace_);
        ++frames_;
        if (clock_.now_ms() < show_ms_)
            std::printf("%6lld ms  %s\n", static_cast<long long>(clock_.now_ms()), show(m).c_str());
        checker_.saw(to, f, m);
    }

    // Jobs that are ready run in random order, until the time comes for the next event.
    void run_ready() {
        for (int n = 0; n < 100'000 && !scheduler_.jobs.empty(); ++n) {
            const auto pick = scheduler_.jobs.begin() +
                              static_cast<std::ptrdiff_t>(random_() % scheduler_.jobs.size());
            std::rotate(scheduler_.jobs.begin(), pick, pick + 1);
            scheduler_.try_run_once();
        }
    }

    void step() {
        clock_.advance(1);
        scheduler_.advance_time(std::chrono::milliseconds(1));
        link_.deliver_due();
        run_ready();
        const auto now = clock_.now_ms();
        if (drawn_.fault_every_ms > 0 && now < faults_until_ms && now >= next_fault_ms_) fault(now);
        if (now == faults_until_ms) link_.heal();
    }

    // The coordinator's node, 0, stays; the others hold what the seed gives them.
    std::set<address> actors_of(std::uint32_t node) const {
        std::set<address> all;
        const auto place = [&](address a) {
            const auto key = seed_ * 1000 + std::uint64_t(a.role) * 100 + a.index;
            if (mix64(key) % drawn_.nodes == node) all.insert(a);
        };
        place({role::SEQUENCER, 0});
        for (std::uint32_t s = 0; s < drawn_.shards; ++s) place({role::SHARD, s});
        for (std::uint32_t w = 0; w < drawn_.workers; ++w) place({role::WORKER, w});
        return all;
    }

    void fault(std::int64_t now) {
        next_fault_ms_ = now + drawn_.fault_every_ms;
        const auto all =
            drawn_.nodes > 1 ? actors_of(1 + random_() % (drawn_.nodes - 1)) : std::set<address>{};
        switch (random_() % 4) {
            case 0:  // a node dies: its link first, then its actors
                link_.cut(all);
                for (const auto& who : all) kill(who);
                return;
            case 1:
                ++partitions_;
                return link_.part(all, now + 50 + std::int64_t(random_() % 1'500));
            default:
                return kill(any_actor());
        }
    }

    address any_actor() {
        switch (random_() % 8) {
            case 0:
            case 1:
                return {role::SEQUENCER, 0};
            case 2:
            case 3:
                return {role::SHARD, static_cast<std::uint32_t>(random_() % drawn_.shards)};
            case 4:
                return {std::array{role::COORDINATOR, role::CHECKPOINTER,
                                   role::EVALUATOR}[random_() % 3],
                        0};
            default:
                return {role::WORKER, static_cast<std::uint32_t>(random_() % drawn_.workers)};
        }
    }

    void kill(address who) { kills_ += run_.kill(who) ? 1 : 0; }

    void stop() {
        run_.stop();
        for (int n = 0; n < 1'000 && !over_; ++n) {
            clock_.advance(50);
            scheduler_.advance_time(std::chrono::milliseconds(50));
            run_ready();
        }
        link_.clear();
        actors_.clear();
    }

    std::uint64_t seed_;
    std::int64_t show_ms_;
    std::mt19937_64 random_;
    drawn drawn_;
    std::shared_ptr<const shard_map> map_;
    checker checker_;
    memory_store store_;
    sim_clock clock_;
    sim_incarnations incarnations_;
    sim_observer observer_;
    local_link actors_;
    caf::actor_system_config config_;
    caf::actor_system system_;
    caf::scheduler::test_coordinator& scheduler_;
    sim_link link_;
    embedded_run run_;
    std::uint32_t trace_ = 0;
    std::uint64_t frames_ = 0;
    std::uint64_t kills_ = 0;
    std::uint64_t partitions_ = 0;
    std::int64_t next_fault_ms_ = 700;
    bool over_ = false;
    std::string over_reason_;
    std::vector<std::string> fell_;  ///< who ended and was not killed
};

simulation_outcome simulation::run() {
    run_.start([this](const std::string& reason) {
        over_ = true;
        over_reason_ = reason;
    });
    while (!observer_.done && observer_.failure.empty() && !over_ && clock_.now_ms() < limit_ms)
        step();
    simulation_outcome o;
    const auto& c = drawn_.rules.consistency;
    o.what = fmt::format(
        "{} workers, {} shards, {} items, aggregate {}, staleness {}, late {}, slack {}, repeats "
        "{}, window {}, {}, delay {} ms, loss {}, {} nodes, a fault every {} ms",
        drawn_.workers, drawn_.shards, drawn_.rules.items_total, c.aggregate,
        c.staleness ? int(*c.staleness) : -1, to_string(c.late), c.slack ? int(*c.slack) : -1,
        c.repeats, c.window, to_string(drawn_.optimizer.kind), drawn_.faults.delay_max_ms,
        drawn_.faults.loss, drawn_.nodes, drawn_.fault_every_ms);
    o.simulated_ms = clock_.now_ms();
    if (observer_.done) checker_.finished();
    o.violations = checker_.violations();
    for (const auto& f : fell_) o.violations.push_back("nobody killed it: " + f);
    if (over_) o.violations.push_back("the supervisors gave up: " + over_reason_);
    if (!observer_.failure.empty()) o.violations.push_back("the run failed: " + observer_.failure);
    if (!observer_.done && !over_)
        o.violations.push_back(
            fmt::format("the run did not end within {} ms: {} applied, {} "
                        "skipped",
                        limit_ms, checker_.applied(), checker_.skipped()));
    stop();
    o.trace = trace_;
    o.kills = kills_;
    o.partitions = partitions_;
    o.eras = observer_.eras;
    o.frames = frames_;
    o.versions_compared = checker_.versions_compared();
    return o;
}

}  // namespace

simulation_outcome simulate(std::uint64_t seed, std::int64_t show_ms) {
    return simulation(seed, show_ms).run();
}

}  // namespace slackline
