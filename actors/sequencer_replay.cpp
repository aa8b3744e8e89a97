// How a sequencer goes on where a former life was: its records, noted once more.
#include "actors/sequencer_state.hpp"

namespace slackline {

void sequencer::replay(const record& r) {
    auto& s = *state_;
    if (const auto* a = std::get_if<apply_record>(&r)) {
        for (const auto& i : a->items) s.note_applied(i);
        s.count = a->count;
    } else if (const auto* skipped = std::get_if<skip_record>(&r)) {
        s.note_skipped(*skipped);
    } else {
        const auto& cut = std::get<cut_record>(r);
        s.cuts = cut.cut + 1;
        if (cut.purpose.evaluate) s.epochs_cut = s.epochs();
        if (cut.purpose.final) s.final_placed = s.items.watermark() >= s.items_total;
    }
}

void sequencer::goes_on() {
    state_->replayed = true;
}

effects sequencer::fence_again() const {
    effects all;
    for (const auto& [worker, incarnation] : state_->fenced)
        all.emplace_back(state_->fence_of({worker, incarnation}));
    return all;
}

bool sequencer::closed(item_id item) const {
    return state_->items.closed(item);
}

}  // namespace slackline
