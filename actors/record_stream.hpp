// What shards must take in one order: dense positions, kept until every shard holds them.
//
// An entry is sent once it is durable; each shard says how far it holds the stream, and what it
// lacks is sent again.
// Pure. Owner and thread: the sequencer's actor.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "actors/wire_order.hpp"

namespace slackline {

class record_stream {
public:
    /// Entries below `begin` are held by every shard, as far as is known here.
    record_stream(std::uint64_t begin, std::uint32_t shards);

    void push(stream_entry e) { entries_.push_back(std::move(e)); }
    std::uint64_t begin() const { return begin_; }
    std::uint64_t end() const { return begin_ + entries_.size(); }
    std::size_t size() const { return entries_.size(); }
    const stream_entry& at(std::uint64_t position) const { return entries_[position - begin_]; }

    /// Nothing was pushed yet, and what comes is older than was thought.
    void begin_at(std::uint64_t position);

    /// Entries below may be sent.
    void make_durable(std::uint64_t position) { durable_ = position; }
    /// Keeps no more than the newest `entries`.
    void shorten(std::size_t entries);

    enum class finding {
        fine,
        renewed,  ///< fine, and it is a new life of the shard
        lacks,    ///< it is a new life of the shard, and lacks what is not kept any more
        ahead,    ///< it holds what was never placed here
    };
    /// Who answers for a shard: a newer term, or a newer life, knows what an older one did not.
    struct life {
        std::uint64_t term = 0;
        std::uint64_t incarnation = 0;
        auto operator<=>(const life&) const = default;
    };
    /// A shard says in answer to what was sent here that it holds every position below `next`.
    finding held(std::uint32_t shard, std::uint64_t next, const life& who);
    /// Another answers for it from now on: what the former one said is late.
    void forget(std::uint32_t shard) {
        shards_[shard].heard = false;
        shards_[shard].replaced = true;
    }
    bool heard_of(std::uint32_t shard) const { return shards_[shard].heard; }
    bool heard_of_all() const;

    /// The positions [first, second) to send to a shard now; `most` at a time. They count as sent.
    std::pair<std::uint64_t, std::uint64_t> take_unsent(std::uint32_t shard, std::uint64_t most);
    /// Once a heartbeat: what was sent and brought no progress since the last time is sent again.
    void send_again_what_is_lost();

private:
    struct shard_position {
        std::uint64_t held = 0;       ///< every position below is held by the shard
        std::uint64_t sent = 0;       ///< every position below was sent
        std::uint64_t held_then = 0;  ///< a heartbeat ago
        life who;
        bool heard = false;
        bool replaced = false;  ///< who was heard last does not answer any more
    };

    std::uint64_t begin_;
    std::uint64_t durable_;
    std::deque<stream_entry> entries_;
    std::vector<shard_position> shards_;
};

}  // namespace slackline
