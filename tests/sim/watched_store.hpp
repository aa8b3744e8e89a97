// The production checkpoint store over a simulated disk, with the checker looking on.
//
// Owner and thread: the simulation's one thread. It dies with its process: after `die` it refuses
// all, as what is left of a process without power does.
#pragma once

#include "actors/checkpoint/stored_checkpoints.hpp"
#include "tests/sim/checker.hpp"

namespace slackline {

class watched_store : public checkpoint_store {
public:
    watched_store(stored_checkpoints_settings settings, storage& disk, checker& seen)
        : files_(
              std::move(settings), disk, [] { return std::string("simulated"); },
              [](const std::string&) {}),
          seen_(seen) {}

    result<era_start> begin_era() override {
        if (dead_) return no_power();
        auto start = files_.begin_era();
        if (start) seen_.era_begins(start->era, start->from);
        return start;
    }

    result<std::optional<model_state>> newest_of(std::uint64_t era) override {
        if (dead_) return no_power();
        return files_.newest_of(era);
    }

    result<std::uint64_t> last_era() override {
        if (dead_) return no_power();
        return files_.last_era();
    }

    result<void> note_copies(std::uint64_t era, const std::string& lists) override {
        if (dead_) return no_power();
        auto noted = files_.note_copies(era, lists);
        if (noted) seen_.lists_noted(era, lists);
        return noted;
    }

    result<std::string> copies_of(std::uint64_t era) override {
        if (dead_) return no_power();
        return files_.copies_of(era);
    }

    result<std::string> publish(const model_state& state) override {
        if (dead_) return no_power();
        seen_.publishing(state);
        auto path = files_.publish(state);
        if (path) seen_.published(state);
        return path;
    }

    /// As `newest`, for a look from outside.
    result<std::optional<model_state>> load() { return files_.newest(); }

    void die() { dead_ = true; }

private:
    static tl::unexpected<failure> no_power() { return fail(failure_code::io, "no power"); }

    stored_checkpoints files_;
    checker& seen_;
    bool dead_ = false;
};

}  // namespace slackline
