// The edge to people: what a run reports. Called on the coordinator's thread; must not block long.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "actors/sequencer.hpp"
#include "messages/frame.hpp"

namespace slackline {

struct evaluation_report {
    cut_record cut;
    std::uint64_t epoch = 0;
    std::vector<std::pair<std::string, double>> metrics;
};

/// The copies of a shard or the sequencer.
struct part_copies {
    address part;      ///< the primary; where there is none, the first
    bool led = false;  ///< there is a primary
    std::size_t wanted = 0;
    std::vector<std::uint16_t> members = {};  ///< copies in sync
    std::vector<std::uint16_t> lacking = {};  ///< copies that are to be, there or not
    std::uint64_t bytes = 0;                  ///< of one's state
    std::uint32_t busy = 0;                   ///< thousandths of the primary's time, lately

    bool operator==(const part_copies&) const = default;
    /// But for a size that grew by less than a quarter, and a twentieth of the time.
    bool tells_the_same_as(part_copies told) const {
        if (told.bytes <= bytes && bytes - told.bytes <= told.bytes / 4) told.bytes = bytes;
        if (std::max(told.busy, busy) - std::min(told.busy, busy) <= 50) told.busy = busy;
        return told == *this;
    }
};

class run_observer {
public:
    virtual ~run_observer() = default;
    virtual void era_begun(std::uint64_t era, const ledger_state& from, const std::string& why) = 0;
    /// A coordinator that came back goes on in this era, from here: news for those who did not
    /// hear it begin, and for nobody else.
    virtual void era_goes_on(std::uint64_t, const ledger_state&) {}
    /// `loss` is no number before there is one.
    virtual void progressed(const sequencer_stats& stats, double loss) = 0;
    /// Where there are copies, and whenever that changes.
    virtual void copies(const std::vector<part_copies>&) {}
    virtual void evaluated(const evaluation_report& report) = 0;
    virtual void published(const cut_record& cut, const std::string& path,
                           const ledger_state& ledger) = 0;
    /// As it was asked to: all that is ordered is in a checkpoint of this count, and nothing more
    /// will be. Again every heartbeat until it is told to go on.
    virtual void held(std::uint64_t) {}
    /// That could not be, for this reason, and the run goes on.
    virtual void not_held(const std::string&) {}
    virtual void happened(const std::string& sentence) = 0;
    virtual void warned(const std::string& sentence) = 0;
    virtual void failed(const std::string& sentence) = 0;
    virtual void finished() = 0;
};

}  // namespace slackline
