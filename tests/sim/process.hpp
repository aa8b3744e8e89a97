// One process of a simulated run: its actors, and what of it does not outlive it.
//
// Owner and thread: the simulation's one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/embedded_run.hpp"
#include "tests/sim/drawn.hpp"
#include "tests/sim/watched_store.hpp"

namespace slackline {

/// What outlives a process.
struct process_surroundings {
    caf::actor_system& system;
    local_link& actors;
    link_edge& link;
    clock_edge& clock;
    storage& disk;
    checker& seen;
    incarnations_edge& incarnations;
    std::function<void(const std::string& sentence)> tell;  ///< what happens, for people
};

/// How the run is cut into shards.
struct cutting {
    std::uint64_t number = 0;  ///< of times that it was cut otherwise before
    bool begun = false;        ///< a process before this one had it so
};

/// Where an actor's log lies on the disk, in that cutting.
std::string log_folder(std::uint64_t cut, address who);

class process : private run_observer {
public:
    process(process_surroundings around, const drawn& d, std::shared_ptr<const shard_map> map,
            std::uint64_t seed, const cutting& cut);

    /// Ends one actor. False when there is none.
    bool kill(address who) { return run_.kill(who); }

    /// From now on nothing that it does reaches the disk; its actors stop.
    void die();

    bool done() const { return done_; }
    bool over() const { return over_; }
    std::uint64_t eras() const { return eras_; }
    /// Eras in which a coordinator that came back went on.
    std::uint64_t taken_over() const { return taken_over_; }
    /// Workers that could not reach a shard and handed their items back.
    std::uint64_t cut_off() const { return cut_off_; }

    /// The order is held at this count, which is told once.
    std::optional<std::uint64_t> take_held() { return std::exchange(held_, std::nullopt); }
    /// It could not be held.
    bool take_not_held() { return std::exchange(not_held_, false); }

    /// Why it cannot go on, if so.
    const std::string& failure() const { return failure_; }

    /// Actors that ended and were not killed.
    const std::vector<std::string>& fell() const { return fell_; }

    /// What a resume would load.
    result<std::optional<model_state>> newest() { return store_.load(); }

private:
    void era_begun(std::uint64_t era, const ledger_state&, const std::string& why) override;
    void progressed(const sequencer_stats&, double) override {}
    void evaluated(const evaluation_report&) override {}
    void published(const cut_record&, const std::string&, const ledger_state&) override {}
    void warned(const std::string& sentence) override { around_.tell(sentence); }
    void failed(const std::string& sentence) override { failure_ = sentence; }
    void happened(const std::string& sentence) override;
    void held(std::uint64_t count) override { held_ = count; }
    void not_held(const std::string&) override { not_held_ = true; }
    void finished() override { done_ = true; }

    void heard(const std::string& sentence);

    process_surroundings around_;
    watched_store store_;
    embedded_run run_;
    std::uint64_t eras_ = 0;
    std::uint64_t taken_over_ = 0;
    std::uint64_t cut_off_ = 0;
    std::optional<std::uint64_t> held_;
    bool not_held_ = false;
    bool done_ = false;
    bool over_ = false;
    std::string failure_;
    std::vector<std::string> fell_;
};

}  // namespace slackline
