// The account of the items: a watermark, and what is applied or skipped above it. Pure.
//
// Memory: one byte an item between the watermark and the highest closed item; whoever leases keeps
// that distance bounded.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "actors/order.hpp"

namespace slackline {

class ledger {
public:
    explicit ledger(const ledger_state& from);

    bool closed(item_id item) const { return at(item) != mark::open; }
    bool skipped(item_id item) const { return at(item) == mark::skipped; }

    /// `item` must be open.
    void apply(item_id item) { close(item, mark::applied); }
    void skip(item_id item) { close(item, mark::skipped); }

    /// Counts a failure of an open item; returns how many there were.
    std::uint32_t fail(item_id item) { return ++tries_[item]; }

    std::uint64_t watermark() const { return watermark_; }
    /// One more than the highest closed item.
    item_id reached() const { return watermark_ + above_.size(); }
    std::uint64_t applied() const { return applied_; }
    std::uint64_t skipped_total() const { return skipped_; }
    std::uint64_t closed_total() const { return applied_ + skipped_; }

    /// Count, cuts and items_total are the caller's.
    ledger_state state() const;

private:
    enum class mark : std::uint8_t { open, applied, skipped };

    mark at(item_id item) const;
    void close(item_id item, mark how);

    std::uint64_t watermark_;
    std::deque<mark> above_;
    std::uint64_t applied_;
    std::uint64_t skipped_;
    std::map<item_id, std::uint32_t> tries_;
};

}  // namespace slackline
