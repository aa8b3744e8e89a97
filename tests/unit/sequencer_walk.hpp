// A random walk around one sequencer: workers of unequal speed, deaths, joins, ended leases,
// late and doubled commits, failures, lost grants. Beside it a naive book keeps what must hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "actors/sequencer.hpp"

namespace slackline {

struct walk_settings {
    sequencer_settings rules;
    std::uint32_t workers = 2;
    std::uint64_t seed = 0;
    bool faults = true;
    std::optional<std::uint32_t> hangs;  ///< this worker finishes nothing
    std::optional<std::uint32_t> fails;  ///< on this one everything fails
};

/// What went wrong, empty if nothing did; and what the walk saw.
struct walk_outcome {
    std::string violation;
    std::uint64_t applied = 0;
    std::uint64_t skipped = 0;
    std::uint64_t given_up = 0;  ///< skipped, and not because it was late
    std::uint64_t refused = 0;
    std::vector<apply_record> records;
};

class sequencer_walk {
public:
    explicit sequencer_walk(walk_settings settings);
    walk_outcome run();

private:
    struct work {
        std::uint64_t base = 0;
        std::uint64_t floor = 0;
        std::int64_t done_ms = 0;
        bool lease_alive = true;
        std::uint64_t lease = 0;
        std::uint64_t attempt = 0;
    };
    struct actor {
        std::uint64_t incarnation = 0;
        std::int64_t item_ms = 10;
        bool alive = false;
        std::map<item_id, work> open;       ///< granted, computing
        std::map<item_id, work> committed;  ///< sent, no outcome yet
    };
    /// Whose gradient, and which of them.
    struct named_gradient {
        worker_key from;
        std::uint64_t attempt = 0;
        bool operator==(const named_gradient&) const = default;
    };

    void take(const effects& todo);
    void take(const placed_record& p);
    void take(const apply_record& r);
    void take(const skip_record& r);
    void take(const cut_record& r);
    void take(const grant& g);
    void take(const reply& r);
    void take(const cancel& c);
    void take(const fence& f);
    void take(const drop& d);
    void violate(const std::string& what);
    void step();
    void fault();
    void repeat(grant g);
    void say_again(std::uint32_t worker);
    void check_elsewhere(const grant& g);
    void finish_item(actor& a, worker_key who);
    void join(std::uint32_t index);
    void check_end();
    std::uint32_t any_worker() { return static_cast<std::uint32_t>(random_() % actors_.size()); }
    bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }

    walk_settings settings_;
    sequencer core_;
    std::mt19937_64 random_;
    std::int64_t now_ms_ = 0;
    std::uint64_t incarnations_ = 0;
    std::vector<actor> actors_;
    std::set<item_id> applied_;
    std::set<item_id> skipped_;
    std::map<item_id, named_gradient> acknowledged_;  ///< answered first
    std::vector<grant> granted_;                      ///< all of them: links may repeat one
    std::uint64_t attempts_ = 0;
    std::uint64_t leases_ = 0;                              ///< the newest that was granted
    std::map<item_id, std::set<std::uint32_t>> failed_on_;  ///< workers
    std::map<worker_key, std::set<item_id>> leased_;        ///< all that each was ever granted
    std::set<item_id> orphaned_;                            ///< a worker ended that had had it
    std::map<worker_key, std::set<item_id>> kept_;          ///< of those who were fenced
    std::uint64_t count_ = 0;
    std::uint64_t position_ = 0;
    walk_outcome outcome_;
};

}  // namespace slackline
