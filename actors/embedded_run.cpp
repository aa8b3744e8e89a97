#include "actors/embedded_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

#include "actors/checkpointer.hpp"
#include "actors/exit_sentence.hpp"
#include "actors/worker_actor.hpp"

namespace slackline {

embedded_run::embedded_run(caf::actor_system& system, run_spec spec, run_edges edges,
                           bool threads_of_their_own)
    : system_(system),
      spec_(std::move(spec)),
      edges_(std::move(edges)),
      threads_of_their_own_(threads_of_their_own),
      devices_(spec_.workers),
      first_era_(spec_.first_era) {
    for (const auto& who : hosted())
        if (who.role == role::WORKER) drained_[who.index] = std::make_shared<std::atomic<bool>>();
}

embedded_run::~embedded_run() {
    for (const auto& who : hosted()) edges_.actors.detach(who);
}

// In the order in which they start.
std::vector<address> embedded_run::hosted() const {
    std::vector<address> all;
    for (std::uint16_t c = 0; c < places(); ++c) {
        for (std::uint32_t s = 0; s < spec_.map->shards(); ++s) all.push_back({role::SHARD, s, c});
        all.push_back({role::SEQUENCER, 0, c});
    }
    for (const auto r : {role::CHECKPOINTER, role::EVALUATOR}) all.push_back({r, 0});
    for (std::uint32_t w = 0; w < spec_.workers; ++w) all.push_back({role::WORKER, w});
    all.push_back({role::COORDINATOR, 0});
    std::erase_if(all, [&](address who) { return !hosts(who); });
    return all;
}

// Gradients of one worker that may be landed and not yet applied: its window, and what waits in an
// update for others.
std::size_t embedded_run::unapplied_max() const {
    const auto& c = spec_.rules.consistency;
    const std::size_t update = c.aggregate != 0 ? c.aggregate : spec_.workers;
    return 2 * c.window + update + 4;
}

child_spec embedded_run::participant_child(std::string name, address at, bool own_thread,
                                           std::function<std::shared_ptr<participant>()> make) {
    const auto start = [this, at, own_thread, make = std::move(make)](caf::event_based_actor*) {
        auto core = make();
        const auto actor =
            own_thread && threads_of_their_own_
                ? system_.spawn<caf::detached>(participant_actor, core, edges_of_actors())
                : system_.spawn(participant_actor, core, edges_of_actors());
        edges_.actors.attach(at, actor);
        return actor;
    };
    return {{std::move(name), restart_kind::permanent, 5'000}, start};
}

namespace {

// A step of a shard that is larger may take so long that its node would look silent meanwhile.
constexpr std::size_t floats_beside_links_max = 1u << 20;

}  // namespace

child_spec embedded_run::logged_child(std::string name, address at, logged_participant_maker make) {
    const bool apart = threads_of_their_own_ && at.role == role::SHARD &&
                       spec_.map->slice_floats(at.index) > floats_beside_links_max;
    const auto spawn = [this, at, apart, make = std::move(make)](const caf::actor& log) {
        const auto actor =
            apart ? system_.spawn<caf::detached>(logged_actor, make, log, edges_of_actors())
                  : system_.spawn(logged_actor, make, log, edges_of_actors());
        edges_.actors.attach(at, actor);
        if (handing_over_) caf::anon_send(actor, drain_atom::value);
        return actor;
    };
    const auto alone = [spawn](caf::event_based_actor*) { return spawn({}); };
    if (!edges_.logs) return {{name, restart_kind::permanent, 5'000}, alone};
    const auto start = [this, name, at, spawn](caf::event_based_actor*) -> caf::actor {
        const auto log = std::make_shared<caf::actor>();
        const auto spawn_log = [this, at, log](caf::event_based_actor*) {
            *log = threads_of_their_own_ ? system_.spawn<caf::detached>(log_actor, edges_.logs(at))
                                         : system_.spawn(log_actor, edges_.logs(at));
            return *log;
        };
        const auto spawn_owner = [spawn, log](caf::event_based_actor*) { return spawn(*log); };
        const child_rule log_rule{"the log of " + name, restart_kind::permanent, 5'000};
        const child_rule owner_rule{name, restart_kind::permanent, 5'000};
        supervisor_spec tree;
        tree.strategy = strategy::rest_for_one;
        tree.observer = edges_.supervision;
        tree.restarts_max = spec_.restarts_max;
        tree.children.resize(2);
        tree.children[0] = {log_rule, spawn_log};
        tree.children[1] = {owner_rule, spawn_owner};
        return system_.spawn(supervisor_actor, std::move(tree),
                             static_cast<const clock_edge*>(&edges_.clock));
    };
    return {{fmt::format("{} with its log", name), restart_kind::permanent, 15'000}, start};
}

namespace {

// The first copy is called as the only one is.
std::string name_of(address who) {
    const auto copy = who.copy == 0 ? "" : fmt::format(", copy {}", who.copy);
    return (who.role == role::SEQUENCER ? "sequencer" : fmt::format("shard {}", who.index)) + copy;
}

}  // namespace

child_spec embedded_run::shard_child(address who) {
    return logged_child(name_of(who), who, [this, who](log_edge* log) {
        shard_settings s;
        s.index = who.index;
        s.copy = who.copy;
        s.places = places();
        s.next_life = [this] { return edges_.incarnations.next(); };
        s.run = spec_.run;
        s.seed = spec_.seed;
        s.incarnation = edges_.incarnations.next();
        s.optimizer = spec_.optimizer;
        s.staleness = spec_.rules.consistency.staleness;
        s.parameter_buffers = spec_.workers * (spec_.rules.consistency.window + 2) + 6;
        s.slices_max = unapplied_max();
        s.gradient_norm_max = spec_.rules.gradient_norm_max;
        s.log_bytes_max = spec_.log_bytes_max;
        return std::make_shared<shard>(s, spec_.map, log);
    });
}

child_spec embedded_run::sequencer_child(address who) {
    return logged_child(name_of(who), who, [this, who](log_edge* log) {
        sequencer_service_settings s;
        s.copy = who.copy;
        s.places = places();
        s.next_life = [this] { return edges_.incarnations.next(); };
        s.run = spec_.run;
        s.incarnation = edges_.incarnations.next();
        s.shards = spec_.map->shards();
        s.dead_ms = 5 * spec_.heartbeat_ms;
        s.rules = spec_.rules;
        s.rules.lease_min_ms = 10 * spec_.heartbeat_ms;
        return std::make_shared<sequencer_service>(s, log);
    });
}

child_spec embedded_run::coordinator_child() {
    return participant_child("coordinator", {role::COORDINATOR, 0}, true, [this] {
        coordinator_settings s;
        s.run = spec_.run;
        s.workers = spec_.workers;
        s.items_total = spec_.rules.items_total;
        s.resend_ms = 5 * spec_.heartbeat_ms;
        s.checkpoint_every_ms = spec_.checkpoint_every_ms;
        s.cut_soon_ms = std::max(s.resend_ms, spec_.cut_parts_ms / 15);
        s.cut_ms = 2 * spec_.cut_parts_ms;
        s.give_up_ms = spec_.give_up_ms;
        s.patience = spec_.patience;
        s.min_delta = spec_.min_delta;
        s.logged = static_cast<bool>(edges_.logs);
        s.copies = spec_.rules.consistency.replicas;
        s.places = places();
        s.removed = spec_.removed;
        s.dead_ms = 5 * spec_.heartbeat_ms;
        s.keep = spec_.keep;
        s.adopt = era_left();
        s.first_era = first_era_;
        return std::make_shared<coordinator>(s, spec_.map, edges_.store, edges_.observer);
    });
}

// The era that a coordinator which is started now may find alive; none: it is to begin one. A
// journal that cannot be read is met again, and told, by who begins an era.
std::optional<std::uint64_t> embedded_run::era_left() {
    const bool was_trained = std::exchange(coordinated_, true) || spec_.adopt;
    const auto last = edges_.store.last_era();
    if (!last) return std::nullopt;
    if (first_era_ == 0 && !was_trained) first_era_ = *last + 1;
    if (spec_.resumes && *last != 0) return *last;
    if (!was_trained || *last == 0 || *last < first_era_) return std::nullopt;
    return *last;
}

child_spec embedded_run::checkpointer_child() {
    return participant_child("checkpointer", {role::CHECKPOINTER, 0}, true, [this] {
        return std::make_shared<checkpointer>(cut_reader_settings{spec_.run, spec_.cut_parts_ms},
                                              spec_.map, state_slots(spec_.optimizer.kind),
                                              edges_.store);
    });
}

child_spec embedded_run::evaluator_child() {
    return participant_child("evaluator", {role::EVALUATOR, 0}, true, [this] {
        return std::make_shared<evaluator>(cut_reader_settings{spec_.run, spec_.cut_parts_ms},
                                           spec_.map, spec_.seed, spec_.rules.items_per_epoch,
                                           spec_.evaluate);
    });
}

caf::actor embedded_run::spawn_worker(std::uint32_t index) {
    worker_parts parts;
    parts.settings.index = index;
    parts.settings.run = spec_.run;
    parts.settings.resend_ms = 5 * spec_.heartbeat_ms;
    parts.settings.gradient_buffers = unapplied_max();
    parts.settings.gradient_norm_max = spec_.rules.gradient_norm_max;
    parts.settings.unreachable_ms = 15 * spec_.heartbeat_ms;
    parts.map = spec_.map;
    parts.data = spec_.make_batches();
    parts.incarnations = &edges_.incarnations;
    parts.device = devices_[index];
    parts.tell = edges_.supervision;
    parts.drained = drained_.at(index);
    const auto actor = system_.spawn(worker_actor, std::move(parts), edges_of_actors());
    edges_.actors.attach({role::WORKER, index}, actor);
    // After it is attached: whoever drains now finds it there.
    if (draining_) caf::anon_send(actor, drain_atom::value);
    return actor;
}

child_spec embedded_run::worker_tree(std::uint32_t index) {
    const auto start = [this, index](caf::event_based_actor*) -> caf::actor {
        supervisor_spec tree;
        tree.strategy = strategy::rest_for_one;
        tree.observer = edges_.supervision;
        tree.restarts_max = spec_.restarts_max;
        tree.children.push_back({{fmt::format("device {}", index), restart_kind::permanent, 5'000},
                                 [this, index](caf::event_based_actor*) {
                                     auto m = spec_.make_model();
                                     const clock_edge* clock = &edges_.clock;
                                     devices_[index] =
                                         threads_of_their_own_
                                             ? system_.spawn<caf::detached>(device_actor,
                                                                            std::move(m), clock)
                                             : system_.spawn(device_actor, std::move(m), clock);
                                     return devices_[index];
                                 }});
        tree.children.push_back(
            {{fmt::format("worker {}", index), restart_kind::transient, 5'000},
             [this, index](caf::event_based_actor*) { return spawn_worker(index); }});
        return system_.spawn(supervisor_actor, std::move(tree),
                             static_cast<const clock_edge*>(&edges_.clock));
    };
    return {{fmt::format("worker tree {}", index), restart_kind::permanent, 15'000}, start};
}

child_spec embedded_run::child_of(address who) {
    switch (who.role) {
        case role::SHARD:
            return shard_child(who);
        case role::SEQUENCER:
            return sequencer_child(who);
        case role::CHECKPOINTER:
            return checkpointer_child();
        case role::EVALUATOR:
            return evaluator_child();
        case role::WORKER:
            return worker_tree(who.index);
        default:
            return coordinator_child();
    }
}

void embedded_run::start(std::function<void(const std::string& reason)> on_end) {
    supervisor_spec root;
    root.observer = edges_.supervision;
    root.restarts_max = spec_.restarts_max;
    for (const auto& who : hosted()) root.children.push_back(child_of(who));
    root_ = system_.spawn(supervisor_actor, std::move(root),
                          static_cast<const clock_edge*>(&edges_.clock));
    root_->attach_functor([on_end = std::move(on_end), &system = system_](const caf::error& why) {
        on_end(!why || why == caf::exit_reason::user_shutdown ? "" : exit_sentence(why, system));
    });
}

void embedded_run::request_checkpoint() {
    const address coordinator{role::COORDINATOR, 0};
    frame_builder b(coordinator, coordinator, spec_.run, 0);
    b.root().initControl().setCheckpoint();
    edges_.link.send(coordinator, b.finish());
}

void embedded_run::drain_workers() {
    draining_ = true;
    for (const auto& [index, drained] : drained_)
        if (const auto actor = edges_.actors.find({role::WORKER, index}))
            caf::anon_send(actor, drain_atom::value);
}

void embedded_run::hand_over() {
    handing_over_ = true;
    for (const auto& who : hosted())
        if (who.role == role::SHARD || who.role == role::SEQUENCER)
            if (const auto actor = edges_.actors.find(who))
                caf::anon_send(actor, drain_atom::value);
}

bool embedded_run::drained() const {
    return draining_ && std::all_of(drained_.begin(), drained_.end(),
                                    [](const auto& w) { return w.second->load(); });
}

bool embedded_run::kill(address who) {
    const auto actor = edges_.actors.find(who);
    if (!actor) return false;
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    return true;
}

void embedded_run::stop() {
    caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
}

}  // namespace slackline
