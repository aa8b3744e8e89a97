#include "actors/cut_parts.hpp"

#include <algorithm>

#include "actors/wire_order.hpp"

namespace slackline {

bool cut_parts::take(const frame& f, wire::Message::Reader m, std::int64_t now_ms) {
    const auto cut = read(m.isSnapshot() ? m.getSnapshot().getCut() : m.getAccount().getCut());
    const std::pair this_one(m.getEra(), cut.cut);
    if (newest_ && (this_one < *newest_ || (this_one == *newest_ && !begun_))) return false;
    if (this_one != newest_) {
        clear();
        begun_ = true;
        newest_ = this_one;
        cut_ = cut;
        begun_ms_ = now_ms;
    }
    if (m.isAccount())
        ledger_ = read(m.getAccount().getLedger());
    else if (const auto shard = m.getFrom().getIndex(); shard < snapshots_.size())
        snapshots_[shard] = f;
    return ledger_ && std::all_of(snapshots_.begin(), snapshots_.end(),
                                  [](const frame& s) { return bool(s); });
}

bool cut_parts::overdue(std::int64_t now_ms, std::int64_t limit_ms) const {
    return begun_ && now_ms - begun_ms_ > limit_ms;
}

void cut_parts::clear() {
    begun_ = false;
    ledger_.reset();
    std::fill(snapshots_.begin(), snapshots_.end(), frame());
}

}  // namespace slackline
