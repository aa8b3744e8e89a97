// A run of the sequencer in virtual time: workers of given speeds, messages that take no time and
// are never lost, nobody dies. It writes down what was applied and what was lost, in the words of
// the published algorithms.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "actors/sequencer.hpp"
#include "tests/reference/published.hpp"

namespace slackline {

/// `world.window` is not read: the settings' window holds.
class event_run {
public:
    event_run(const consistency_settings& rules, const published::world& world);

    /// To the end, or until nobody computes any more, or until `steps_max` gradients arrived.
    void run(std::uint64_t steps_max);

    bool finished() const { return core_.finished(); }
    const published::run& seen() const { return seen_; }
    std::uint64_t recomputed() const { return recomputed_; }
    sequencer_stats stats() const { return core_.stats(); }
    /// The first thing that does not fit together; empty if all does.
    const std::string& violation() const { return violation_; }

private:
    struct job {
        published::gradient what;
        std::uint64_t lease = 0;
    };
    struct worker {
        std::deque<job> queue;  ///< the first is being computed
        bool computes = false;
        std::int64_t done = 0;
        std::uint64_t begun = 0;
    };

    worker_key key(std::uint32_t w) const { return {w, w + 1u}; }
    void violate(const std::string& what);
    void take(const effects& todo);
    void take(const grant& g);
    void take(const reply& r);
    void take(const cancel& c);
    void take(const fence&) { violate("a fence, and nobody died"); }
    void take(const drop& d) { dropped_.insert(d.item); }
    void take(const placed_record& p);
    void take(const apply_record& r);
    void take(const skip_record& r);
    void take(const cut_record&) {}
    void begin_computing();
    bool arrive();
    void check_end();

    published::world world_;
    sequencer core_;
    std::vector<worker> workers_;
    std::map<item_id, published::gradient> begun_;  ///< the newest gradient of each item
    std::set<item_id> leased_;                      ///< being computed
    std::set<item_id> acknowledged_;
    std::set<item_id> skips_;
    std::set<item_id> dropped_;
    std::int64_t now_ = 0;
    std::uint64_t attempts_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t recomputed_ = 0;
    published::run seen_;
    std::string violation_;
};

}  // namespace slackline
