#include "actors/record_stream.hpp"

#include <algorithm>

namespace slackline {

record_stream::record_stream(std::uint64_t begin, std::uint32_t shards)
    : begin_(begin), durable_(begin), shards_(shards, {begin, begin, begin, {}}) {}

void record_stream::begin_at(std::uint64_t position) {
    begin_ = durable_ = position;
    for (auto& p : shards_) p.held = p.sent = p.held_then = position;
}

void record_stream::shorten(std::size_t entries) {
    for (; entries_.size() > entries; ++begin_) entries_.pop_front();
    for (auto& p : shards_) p.held = p.sent = std::max(p.held, begin_);
}

record_stream::finding record_stream::held(std::uint32_t shard, std::uint64_t next,
                                           const life& who) {
    auto& p = shards_[shard];
    if (who < p.who || (p.replaced && who == p.who)) return finding::fine;  // it is late
    p.replaced = false;
    if (next > end()) return finding::ahead;
    const bool renewed = p.heard && who > p.who;
    const bool first = !std::exchange(p.heard, true) || renewed;
    p.who = who;
    if (first) {
        if (next < begin_) return finding::lacks;
        p.held = p.sent = next;
    }
    p.held = std::max(p.held, next);
    p.sent = std::max(p.sent, p.held);
    auto least = p.held;
    for (const auto& other : shards_) least = std::min(least, other.held);
    for (; begin_ < least; ++begin_) entries_.pop_front();
    return renewed ? finding::renewed : finding::fine;
}

bool record_stream::heard_of_all() const {
    return std::all_of(shards_.begin(), shards_.end(), [](const auto& p) { return p.heard; });
}

std::pair<std::uint64_t, std::uint64_t> record_stream::take_unsent(std::uint32_t shard,
                                                                   std::uint64_t most) {
    auto& p = shards_[shard];
    const auto first = p.sent;
    p.sent = std::max(p.sent, std::min(durable_, first + most));
    return {first, p.sent};
}

void record_stream::send_again_what_is_lost() {
    for (auto& p : shards_) {
        if (p.held == p.held_then && p.sent > p.held) p.sent = p.held;
        p.held_then = p.held;
    }
}

}  // namespace slackline
