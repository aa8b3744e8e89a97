#include "tests/sim/process.hpp"

#include <fmt/format.h>

#include "tests/sim/sim_model.hpp"

namespace slackline {

namespace {

stored_checkpoints_settings files_of(const drawn& d, const shard_map& map, std::uint64_t seed) {
    run_identity identity;
    identity.run = "simulated";
    identity.fingerprint["seed"] = std::to_string(seed);
    identity.optimizer = to_string(d.optimizer.kind);
    const bool logged = d.rules.consistency.level == ack_level::logged;
    return {identity, map.layout(), state_slots(d.optimizer.kind), 2, logged};
}

run_spec spec_of(const drawn& d, std::shared_ptr<const shard_map> map, std::uint64_t seed,
                 const cutting& cut) {
    run_spec s;
    s.seed = seed;
    s.workers = d.workers;
    s.heartbeat_ms = 50;
    s.places = d.places;
    s.restarts_max = 40;  // a node's death restarts all that it held
    s.map = std::move(map);
    s.optimizer = d.optimizer;
    s.rules = d.rules;
    s.checkpoint_every_ms = 400;
    s.cut_parts_ms = 500;
    s.resumes = cut.number == 0 && d.rules.consistency.level == ack_level::logged;
    s.adopt = cut.number > 0 && cut.begun;
    if (cut.number > 0) s.first_era = 1;
    const sim_model_settings m{d.with_table, d.poison};
    s.make_model = [m] { return make_sim_model(m); };
    s.make_batches = [m] { return make_sim_batches(m.with_table); };
    s.evaluate = [](const parameters&, const row_source&) {
        return std::vector<std::pair<std::string, double>>{{"loss", 1.0}};
    };
    return s;
}

// One process at a time has the disk. Other shards have other logs.
std::function<log_place(address)> logs_of(storage& disk, const drawn& d, std::uint64_t cut) {
    if (d.rules.consistency.level != ack_level::logged) return {};
    return [&disk, cut, bytes = d.log_segment_bytes](address who) {
        log_place p;
        p.files = &disk;
        p.folder = log_folder(cut, who);
        p.id = {1, who};
        p.segment_bytes = bytes;
        p.lock = [](const std::string&) { return std::make_shared<int>(); };
        return p;
    };
}

}  // namespace

std::string log_folder(std::uint64_t cut, address who) {
    const auto part =
        who.role == role::SEQUENCER ? "sequencer" : fmt::format("shard-{}", who.index);
    return fmt::format("simulated/log-{}/{}-{}", cut, part, who.copy);
}

process::process(process_surroundings around, const drawn& d, std::shared_ptr<const shard_map> map,
                 std::uint64_t seed, const cutting& cut)
    : around_(around),
      store_(files_of(d, *map, seed), around.disk, around.seen),
      run_(around.system, spec_of(d, map, seed, cut),
           {around.actors,
            around.link,
            around.clock,
            around.incarnations,
            store_,
            *this,
            [this](const std::string& sentence) { heard(sentence); },
            {},
            logs_of(around.disk, d, cut.number)},
           false) {
    run_.start([this](const std::string& reason) {
        over_ = true;
        if (!reason.empty()) failure_ = "the supervisors gave up: " + reason;
    });
}

void process::heard(const std::string& sentence) {
    around_.tell(sentence);
    const auto says = [&](const char* what) { return sentence.find(what) != sentence.npos; };
    if (says("cannot reach")) ++cut_off_;
    if (says("cannot reach") || says("reaches every shard again") || says("killed")) return;
    if (says("log of") && (says("the disk refused") || says("no power"))) return;
    fell_.push_back(sentence);
}

void process::era_begun(std::uint64_t era, const ledger_state&, const std::string& why) {
    ++eras_;
    around_.tell(fmt::format("era {} begins: {}", era, why));
}

void process::happened(const std::string& sentence) {
    if (sentence.starts_with("the coordinator is back")) ++taken_over_;
    around_.tell(sentence);
}

void process::die() {
    store_.die();
    run_.stop();
}

}  // namespace slackline
