// Who answers for each part of a run: which copy of each shard and of the sequencer.
//
// The coordinator says it, again and again; what it said before is known by an older term. Until
// then, and where nothing has copies, it is the first copy of each.
// Pure. Owner and thread: whoever sends to shards or the sequencer.
#pragma once

#include <cstdint>
#include <vector>

#include "messages/frame.hpp"

namespace slackline {

class primaries {
public:
    explicit primaries(std::uint32_t shards) : shards_(shards) {}

    address shard(std::uint32_t s) const { return {role::SHARD, s, shards_[s].copy}; }
    address sequencer() const { return {role::SEQUENCER, 0, sequencer_.copy}; }

    /// Another era: nothing was said of it yet.
    void begin_era() { *this = primaries(static_cast<std::uint32_t>(shards_.size())); }

    struct news {
        bool sequencer = false;
        std::vector<std::uint32_t> shards;
    };
    /// Whom others answer for from now on.
    news take(wire::Primaries::Reader p) {
        news n;
        n.sequencer = take(sequencer_, p.getSequencer());
        const auto all = p.getShards();
        for (unsigned s = 0; s < all.size() && s < shards_.size(); ++s)
            if (take(shards_[s], all[s])) n.shards.push_back(s);
        return n;
    }

private:
    struct one {
        std::uint16_t copy = 0;
        std::uint64_t term = 0;
    };
    /// The first word of an era that it is the first copy is no change.
    static bool take(one& known, wire::Primary::Reader p) {
        if (p.getTerm() <= known.term) return false;
        const bool first = known.term == 0;
        const bool changed = !first || known.copy != p.getCopy();
        known = {p.getCopy(), p.getTerm()};
        return changed;
    }

    one sequencer_;
    std::vector<one> shards_;
};

}  // namespace slackline
