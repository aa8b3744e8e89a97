#include "tests/sim/simulation.hpp"

#include <fmt/format.h>

#include <array>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <map>
#include <memory>
#include <random>

#include "actors/participant_actor.hpp"
#include "kernels/mix.hpp"
#include "messages/crc32c.hpp"
#include "tests/sim/checker.hpp"
#include "tests/sim/process.hpp"
#include "tests/sim/sim_edges.hpp"
#include "tests/sim/sim_model.hpp"
#include "tests/sim/sim_storage.hpp"

namespace slackline {

namespace {

constexpr std::int64_t limit_ms = 600'000;
constexpr std::int64_t faults_until_ms = 20'000;
constexpr std::uint64_t starts_max = 100;
constexpr std::uint64_t run_number = 1;

// One line of a message, without its payload.
std::string show(wire::Message::Reader m) {
    auto line = std::string(kj::str(m).cStr());
    if (line.size() > 240) line = line.substr(0, 237) + "...";
    return line;
}

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
                    drawn_.rules.consistency.staleness, drawn_.rules.consistency.level}),
          system_(configure(config_)),
          scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
          network_(drawn_.nodes, seed + 2, drawn_.streams, clock_,
                   [this](address to, frame f) { actors_.send(to, std::move(f)); }),
          link_(actors_, network_, clock_, seed + 1, drawn_.faults,
                {[this](address a) { return node_of(a); },
                 [this](address to, const frame& f, wire::Message::Reader m) { saw(to, f, m); }}) {
        start();
    }

    simulation_outcome run();

private:
    static caf::actor_system_config& configure(caf::actor_system_config& c) {
        c.set("scheduler.policy", caf::atom("testing"));
        c.set("logger.file-verbosity", caf::atom("quiet"));
        c.set("logger.console-verbosity", caf::atom("quiet"));
        return c;
    }

    void saw(address to, const frame& f, wire::Message::Reader m) {
        for (const auto& s : f.segments()) trace_ = crc32c(s.bytes, trace_);
        ++outcome_.frames;
        if (clock_.now_ms() < show_ms_)
            std::printf("%6lld ms  %s\n", static_cast<long long>(clock_.now_ms()), show(m).c_str());
        checker_.saw(to, f, m);
    }

    void happened(const std::string& sentence) const {
        if (clock_.now_ms() < show_ms_)
            std::printf("%6lld ms  * %s\n", static_cast<long long>(clock_.now_ms()),
                        sentence.c_str());
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

    void pass(std::int64_t ms) {
        clock_.advance(ms);
        checker_.now(clock_.now_ms());
        scheduler_.advance_time(std::chrono::milliseconds(ms));
        link_.deliver_due();
        network_.step();
        run_ready();
    }

    void start() {
        ++outcome_.starts;
        for (std::uint32_t s = 0; s < drawn_.shards; ++s) fault_of_all(copies_of({role::SHARD, s}));
        fault_of_all(copies_of({role::SEQUENCER, 0}));
        for (int n = 0; drawn_.disk_faults && n < 3; ++n)
            if (clock_.now_ms() < faults_until_ms)
                disk_.fail_at(disk_.operations() + 1 + random_() % 400);
        process_ = std::make_unique<process>(
            process_surroundings{system_, actors_, link_, clock_, disk_, checker_, incarnations_,
                                 [this](const std::string& sentence) { happened(sentence); }},
            drawn_, map_, seed_, cut_);
        cut_.begun = true;
    }

    void end_process() {
        process_->die();
        for (int n = 0; n < 1'000 && !process_->over(); ++n) pass(50);
        link_.clear();
        network_.clear();
        for (const auto& f : process_->fell())
            outcome_.violations.push_back("nobody killed it: " + f);
        outcome_.eras += process_->eras();
        outcome_.taken_over += process_->taken_over();
        outcome_.cut_off += process_->cut_off();
        process_.reset();
    }

    // The power has failed: everything in flight and all that was not durable is lost; then the run
    // is resumed.
    void fail_power() {
        ++outcome_.power_failures;
        happened("the power fails");
        link_.clear();
        network_.clear();
        disk_.restart(survivors::drawn, random_());
        end_process();
        start();
    }

    void step() {
        pass(1);
        const auto now = clock_.now_ms();
        if (drawn_.fault_every_ms > 0 && now < faults_until_ms && now >= next_fault_ms_) fault(now);
        end_who_leaves();
        step_of_resharding(now);
        if (now >= faults_until_ms) {
            link_.heal();
            network_.heal();
        }
        if (disk_.crashed()) return fail_power();
        // A refusal of the disk may end a run: its user resumes it.
        if (drawn_.disk_faults && !process_->failure().empty() && outcome_.starts < starts_max) {
            end_process();
            start();
        }
    }

    // The coordinator's node, 0, stays; all of them hold what the seed gives them.
    std::uint32_t node_of(address a) const {
        if (a.role != role::SEQUENCER && a.role != role::SHARD && a.role != role::WORKER) return 0;
        const auto key = seed_ * 1000 + std::uint64_t(a.role) * 100 + a.index;
        return static_cast<std::uint32_t>((mix64(key) + a.copy) % drawn_.nodes);
    }

    std::set<address> copies_of(address part) const {
        std::set<address> all;
        for (; part.copy < drawn_.places; ++part.copy) all.insert(part);
        return all;
    }

    void fault_of_all(const std::set<address>& who) {
        for (const auto& a : who) checker_.fault(a, clock_.now_ms());
    }

    std::set<address> actors_of(std::uint32_t node) const {
        std::set<address> all;
        const auto place = [&](address part) {
            for (const auto& a : copies_of(part))
                if (node_of(a) == node) all.insert(a);
        };
        place({role::SEQUENCER, 0});
        for (std::uint32_t s = 0; s < drawn_.shards; ++s) place({role::SHARD, s});
        for (std::uint32_t w = 0; w < drawn_.workers; ++w)
            if (const address a{role::WORKER, w}; node_of(a) == node) all.insert(a);
        return all;
    }

    void fault(std::int64_t now) {
        next_fault_ms_ = now + drawn_.fault_every_ms;
        if (drawn_.places > 1 && random_() % 4 == 0) return move_one(now);
        if (random_() % 8 == 0) wants_other_shards_ = true;
        if (drawn_.nodes > 1 && random_() % 2 == 0) return fault_of_a_node(now);
        switch (random_() % 4) {
            case 0:
                // In the middle of what is written next.
                if (drawn_.disk_faults)
                    return disk_.crash_at(disk_.operations() + 1 + random_() % 40);
                [[fallthrough]];
            default:
                return kill(any_actor());
        }
    }

    void fault_of_a_node(std::int64_t now) {
        using direction = sim_network::direction;
        const auto node = 1 + static_cast<std::uint32_t>(random_() % (drawn_.nodes - 1));
        const auto until_ms = now + 50 + std::int64_t(random_() % 1'500);
        fault_of_all(actors_of(node));
        switch (random_() % 5) {
            case 0:  // it dies: its links first, then its actors
                link_.cut(actors_of(node));
                network_.cut(node);
                for (const auto& who : actors_of(node)) kill(who);
                return;
            case 1:
                ++outcome_.partitions;
                return network_.part(node, direction::both, until_ms);
            case 2:
                return network_.part(node, direction::from_node, until_ms);
            case 3:
                return network_.part(node, direction::to_node, until_ms);
            default:
                return network_.reset_one();
        }
    }

    address any_actor() {
        switch (random_() % 8) {
            case 0:
                return any_copy({role::SEQUENCER, 0});
            case 1:
            case 2:
                return any_copy(
                    {role::SHARD, static_cast<std::uint32_t>(random_() % drawn_.shards)});
            case 3:
            case 4:
                return {role::COORDINATOR, 0};
            case 5:
                return {std::array{role::CHECKPOINTER, role::EVALUATOR}[random_() % 2], 0};
            default:
                return {role::WORKER, static_cast<std::uint32_t>(random_() % drawn_.workers)};
        }
    }

    address any_copy(address part) {
        part.copy = static_cast<std::uint16_t>(random_() % drawn_.places);
        return part;
    }

    address any_part() {
        const auto n = static_cast<std::uint32_t>(random_() % (drawn_.shards + 1));
        return n < drawn_.shards ? address{role::SHARD, n} : address{role::SEQUENCER, 0};
    }

    // Another copy is wanted; or one is asked to leave, and killed later, whether it has or not.
    void move_one(std::int64_t now) {
        ++outcome_.moves;
        const auto at = any_copy(any_part());
        if (random_() % 2 == 0) {
            leaving_[at] = now + 100 + std::int64_t(random_() % 1'500);
            happened(fmt::format("{}, copy {}, is to leave", part_name(at), at.copy));
            if (const auto actor = actors_.find(at)) caf::anon_send(actor, drain_atom::value);
            return;
        }
        frame_builder b({role::REGISTRAR, 0}, {role::COORDINATOR, 0}, run_number, 0);
        auto place = b.root().initPlace();
        write(place.initPart(), at);
        place.setInsteadOf(any_copy(at).copy);
        link_.send({role::COORDINATOR, 0}, b.finish());
    }

    void end_who_leaves() {
        for (auto i = leaving_.begin(); i != leaving_.end();) {
            if (clock_.now_ms() < i->second) {
                ++i;
                continue;
            }
            kill(i->first);
            i = leaving_.erase(i);
        }
    }

    void control_coordinator(wire::Control::Which what) {
        frame_builder b({role::REGISTRAR, 0}, {role::COORDINATOR, 0}, run_number, 0);
        auto control = b.root().initControl();
        what == wire::Control::HOLD ? control.setHold() : control.setGoOn();
        link_.send({role::COORDINATOR, 0}, b.finish());
    }

    // As the registrar does it: the wish is said again and again, for a coordinator forgets it; and
    // where nobody has it any more, the run goes on.
    void step_of_resharding(std::int64_t now) {
        if (process_->take_not_held()) wants_other_shards_ = false;
        if (wants_other_shards_ && now % 100 == 0) control_coordinator(wire::Control::HOLD);
        const auto held = process_->take_held();
        if (!held) return;
        checker_.held(*held);
        if (random_() % 4 == 0) wants_other_shards_ = false;
        if (!wants_other_shards_) return control_coordinator(wire::Control::GO_ON);
        happened(fmt::format("all is held at {}, and goes on in other shards", *held));
        end_process();
        cut_ = {++outcome_.reshards, false};
        drawn_.shards = 1 + static_cast<std::uint32_t>(random_() % 4);
        map_ = std::make_shared<shard_map>(map_->layout(), drawn_.shards);
        checker_.resharded(map_);
        wants_other_shards_ = false;
        start();
    }

    // As the disk has them when the power fails at the end. Others than those in sync may have what
    // was never acknowledged; and where something moved, what it had before is gone with its place.
    void check_logs() {
        disk_.restart(survivors::nothing);
        log_replay logs(map_, checker_.era());
        std::set<address> all = copies_of({role::SEQUENCER, 0});
        for (std::uint32_t s = 0; s < drawn_.shards; ++s) all.merge(copies_of({role::SHARD, s}));
        for (const auto& who : all) {
            if (!checker_.is_in_sync(who)) continue;
            const auto wrong =
                logs.read(disk_, log_folder(cut_.number, who), {1, who}, drawn_.log_segment_bytes);
            if (!wrong.empty()) checker_.violate(wrong);
        }
        const auto lacks = checker_.check_logs(logs);
        if (!lacks.empty() && drawn_.places == 1) checker_.violate(lacks);
    }

    void kill(address who) {
        checker_.fault(who, clock_.now_ms());
        outcome_.kills += process_->kill(who) ? 1 : 0;
    }

    std::uint64_t seed_;
    std::int64_t show_ms_;
    std::mt19937_64 random_;
    drawn drawn_;
    std::shared_ptr<const shard_map> map_;
    checker checker_;
    sim_storage disk_;
    sim_clock clock_;
    counted incarnations_;
    local_link actors_;
    caf::actor_system_config config_;
    caf::actor_system system_;
    caf::scheduler::test_coordinator& scheduler_;
    sim_network network_;
    sim_link link_;
    std::unique_ptr<process> process_;
    simulation_outcome outcome_;
    std::uint32_t trace_ = 0;
    std::int64_t next_fault_ms_ = 700;
    std::map<address, std::int64_t> leaving_;  ///< when each ends
    bool wants_other_shards_ = false;
    cutting cut_;
};

simulation_outcome simulation::run() {
    const auto goes_on = [&] {
        return !process_->done() && process_->failure().empty() && clock_.now_ms() < limit_ms;
    };
    while (goes_on()) step();
    auto& o = outcome_;
    o.what = describe(drawn_);
    o.simulated_ms = clock_.now_ms();
    if (process_->done()) {
        const auto last = process_->newest();
        if (last)
            checker_.finished(*last);
        else
            o.violations.push_back("the last checkpoint does not load: " + last.error().sentence);
    } else if (!process_->failure().empty()) {
        o.violations.push_back("the run failed: " + process_->failure());
    } else {
        o.violations.push_back(
            fmt::format("the run did not end within {} ms: {} applied, {} "
                        "skipped",
                        limit_ms, checker_.applied(), checker_.skipped()));
    }
    const bool done = process_->done();
    end_process();
    if (done && drawn_.rules.consistency.level == ack_level::logged) check_logs();
    for (const auto& all : {checker_.violations(), disk_.violations(), network_.violations()})
        o.violations.insert(o.violations.end(), all.begin(), all.end());
    o.network = network_.counts();
    o.trace = trace_;
    o.versions_compared = checker_.versions_compared();
    o.logs_replayed = checker_.logs_replayed();
    return o;
}

}  // namespace

simulation_outcome simulate(std::uint64_t seed, std::int64_t show_ms) {
    return simulation(seed, show_ms).run();
}

}  // namespace slackline
