#include "actors/cut_parts.hpp"

#include <algorithm>

#include "actors/wire_order.hpp"

namespace slackline {

bool cut_parts::admits(const key& k) {
    const auto newest_era = cuts_.empty() ? 0 : cuts_.rbegin()->first.first;
    if ((closed_ && k <= *closed_) || k.first < newest_era) return false;
    if (k.first > newest_era) cuts_.clear();
    return true;
}

void cut_parts::close(cuts::iterator at, bool lost) {
    closed_ = at->first;
    const auto end = lost ? std::next(at) : at;
    for (auto c = cuts_.begin(); c != end; ++c) lost_.push_back({c->first.first, c->second.cut});
    cuts_.erase(cuts_.begin(), std::next(at));
}

std::optional<whole_cut> cut_parts::take(const frame& f, wire::Message::Reader m,
                                         std::int64_t now_ms) {
    const auto cut = read(m.isSnapshot() ? m.getSnapshot().getCut() : m.getAccount().getCut());
    const auto shard = m.getFrom().getIndex();
    if (m.isSnapshot() && shard >= shards_) return std::nullopt;
    if (!admits({m.getEra(), cut.cut})) return std::nullopt;
    const auto [at, fresh] = cuts_.try_emplace({m.getEra(), cut.cut});
    auto& parts = at->second;
    if (fresh) parts = {cut, now_ms, std::nullopt, std::vector<frame>(shards_)};
    if (m.isAccount())
        parts.ledger = read(m.getAccount().getLedger());
    else
        parts.snapshots[shard] = f;
    if (parts.ledger && std::all_of(parts.snapshots.begin(), parts.snapshots.end(),
                                    [](const frame& s) { return bool(s); })) {
        whole_cut whole{m.getEra(), cut, std::move(*parts.ledger), std::move(parts.snapshots)};
        close(at, false);
        return whole;
    }
    if (cuts_.size() > cuts_max) close(cuts_.begin(), true);
    return std::nullopt;
}

std::vector<lost_cut> cut_parts::take_lost(std::int64_t now_ms, std::int64_t limit_ms) {
    for (auto c = cuts_.rbegin(); c != cuts_.rend(); ++c)
        if (now_ms - c->second.begun_ms > limit_ms) {
            close(std::prev(c.base()), true);
            break;
        }
    return std::exchange(lost_, {});
}

}  // namespace slackline
