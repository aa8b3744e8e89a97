#include "tests/sim/process.hpp"

#include "tests/sim/sim_model.hpp"

namespace slackline {

namespace {

stored_checkpoints_settings files_of(const drawn& d, const shard_map& map, std::uint64_t seed) {
    run_identity identity;
    identity.run = "simulated";
    identity.fingerprint["seed"] = std::to_string(seed);
    identity.optimizer = to_string(d.optimizer.kind);
    return {identity, map.layout(), state_slots(d.optimizer.kind), 2};
}

run_spec spec_of(const drawn& d, std::shared_ptr<const shard_map> map, std::uint64_t seed) {
    run_spec s;
    s.seed = seed;
    s.workers = d.workers;
    s.heartbeat_ms = 50;
    s.restarts_max = 40;  // a node's death restarts all that it held
    s.map = std::move(map);
    s.optimizer = d.optimizer;
    s.rules = d.rules;
    s.checkpoint_every_ms = 400;
    s.cut_parts_ms = 500;
    const sim_model_settings m{d.with_table, d.poison};
    s.make_model = [m] { return make_sim_model(m); };
    s.make_batches = [m] { return make_sim_batches(m.with_table); };
    s.evaluate = [](const parameters&, const row_source&) {
        return std::vector<std::pair<std::string, double>>{{"loss", 1.0}};
    };
    return s;
}

}  // namespace

process::process(process_surroundings around, const drawn& d, std::shared_ptr<const shard_map> map,
                 std::uint64_t seed)
    : store_(files_of(d, *map, seed), around.disk, around.seen),
      run_(around.system, spec_of(d, map, seed),
           {around.actors, around.link, around.clock, incarnations_, store_, *this,
            [this](const std::string& sentence) { heard(sentence); }},
           false) {
    run_.start([this](const std::string& reason) {
        over_ = true;
        if (!reason.empty()) failure_ = "the supervisors gave up: " + reason;
    });
}

void process::heard(const std::string& sentence) {
    const auto says = [&](const char* what) { return sentence.find(what) != sentence.npos; };
    if (says("cannot reach")) ++cut_off_;
    if (says("cannot reach") || says("reaches every shard again") || says("killed")) return;
    fell_.push_back(sentence);
}

void process::die() {
    store_.die();
    run_.stop();
}

}  // namespace slackline
