// What a run told of itself last: for those who come late, and for the cluster's status.
//
// Pure; owner and thread: the registrar.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/order.hpp"
#include "actors/run_observer.hpp"
#include "messages/frame.hpp"

namespace slackline {

struct gauged_worker {
    std::uint32_t worker = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t clock = 0;  ///< items that it finished
    std::uint32_t open = 0;
    std::uint32_t window = 0;
    std::int64_t item_ms = 0;
    std::uint64_t failures = 0;
};

struct gauged_progress {
    std::uint64_t count = 0;
    std::uint64_t items_total = 0;
    std::uint64_t applied = 0;
    std::uint64_t skipped = 0;
    std::uint64_t staleness = 0;  ///< the largest of an applied item
    double loss = 0;
    std::vector<gauged_worker> workers;
    std::vector<skip_record> skips;  ///< the last ones
};

class run_gauge {
public:
    /// An event of this run, not its end; `f` is the frame that it came in.
    void note(const frame& f, wire::Message::Reader m, std::int64_t now_ms);

    /// The run goes on in other shards: of where those are nothing is known.
    void resharded();

    /// The last introduction, era, progress, copies, evaluation and published checkpoint, in this
    /// order.
    std::vector<frame> kept() const;

    std::uint64_t era() const { return era_; }
    const gauged_progress& progress() const { return progress_; }

    /// Of the era's shards and sequencer; none: nothing has copies.
    const std::vector<part_copies>& copies() const { return copies_; }

    /// Over the last progress events; 0 before there are two in this era.
    double items_per_s(std::int64_t now_ms) const;
    double items_per_s(const gauged_worker& worker, std::int64_t now_ms) const;

    /// When the last checkpoint was published, since this gauge began; none: none was.
    std::optional<std::int64_t> published_ms() const { return published_ms_; }

private:
    struct sample {
        std::int64_t at_ms = 0;
        std::uint64_t applied = 0;
        std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> clocks;
    };
    void progressed(wire::Progress::Reader p, std::int64_t now_ms);

    std::map<wire::RunEvent::Which, frame> kept_;
    std::uint64_t era_ = 0;
    gauged_progress progress_;
    std::vector<part_copies> copies_;
    std::deque<sample> samples_;
    std::optional<std::int64_t> published_ms_;
};

}  // namespace slackline
