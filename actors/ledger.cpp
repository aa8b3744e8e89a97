#include "actors/ledger.hpp"

#include <cassert>

namespace slackline {

ledger::ledger(const ledger_state& from)
    : watermark_(from.watermark), applied_(from.applied), skipped_(from.skipped) {
    const auto put = [&](item_id item, mark how) {
        assert(item >= watermark_);
        if (item - watermark_ >= above_.size()) above_.resize(item - watermark_ + 1, mark::open);
        above_[item - watermark_] = how;
    };
    for (auto item : from.applied_above) put(item, mark::applied);
    for (auto item : from.skipped_above) put(item, mark::skipped);
    for (const auto& [item, n] : from.tries) tries_.emplace(item, n);
}

// Below the watermark an item is closed; whether it was skipped is no longer known.
ledger::mark ledger::at(item_id item) const {
    if (item < watermark_) return mark::applied;
    return item - watermark_ < above_.size() ? above_[item - watermark_] : mark::open;
}

void ledger::close(item_id item, mark how) {
    assert(!closed(item));
    if (item - watermark_ >= above_.size()) above_.resize(item - watermark_ + 1, mark::open);
    above_[item - watermark_] = how;
    (how == mark::applied ? applied_ : skipped_) += 1;
    tries_.erase(item);
    for (; !above_.empty() && above_.front() != mark::open; ++watermark_) above_.pop_front();
}

ledger_state ledger::state() const {
    ledger_state s;
    s.watermark = watermark_;
    for (std::size_t i = 0; i < above_.size(); ++i) {
        if (above_[i] == mark::applied) s.applied_above.push_back(watermark_ + i);
        if (above_[i] == mark::skipped) s.skipped_above.push_back(watermark_ + i);
    }
    s.applied = applied_;
    s.skipped = skipped_;
    s.tries.assign(tries_.begin(), tries_.end());
    return s;
}

}  // namespace slackline
