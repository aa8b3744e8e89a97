// The registrar: a run that goes on in another number of shards.
//
// The order of the run is held and all of it in a checkpoint; then the run is closed on every node,
// and opened again from that checkpoint under another number. What is on its way of the old run is
// nobody's any more, so no message meets a shard that is cut otherwise.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "actors/registrar.hpp"

namespace slackline {

// The same question again and again: a coordinator that was started anew has forgotten the wish.
void registrar::reshard(std::uint32_t client, std::uint32_t wanted, outbox& out) {
    const auto there = resharded_to(wanted, out);
    if (!there)
        return decline(client, there.error().sentence, there.error().code == failure_code::usage,
                       out);
    tell(client, nlohmann::ordered_json{{"shards", wanted}, {"there", *there}}.dump(), out);
}

result<bool> registrar::resharded_to(std::uint32_t wanted, outbox& out) {
    const auto& open = book_.open_runs();
    if (!active_ && !open.empty()) return false;  // it is about to be opened
    if (!active_)
        return fail(failure_code::usage, "no run is active: there is nothing to cut otherwise");
    if (resharding_ && !resharding_->refusal.empty()) {
        const auto why = std::exchange(resharding_, std::nullopt)->refusal;
        return fail(failure_code::refused,
                    fmt::format("run {} keeps its {} shards: {}", active_->what.name,
                                active_->what.shards, why));
    }
    if (wanted == active_->what.shards && !resharding_) return is_in_place();
    if (!is_in_place()) return false;
    return begin_resharding(wanted, out).map([] { return false; });
}

bool registrar::is_in_place() const {
    const auto& all = active_->gauge.copies();
    return !all.empty() && std::all_of(all.begin(), all.end(), [](const auto& p) { return p.led; });
}

result<void> registrar::begin_resharding(std::uint32_t wanted, outbox& out) {
    const auto& what = active_->what;
    if (resharding_ && resharding_->to.shards != wanted)
        return fail(failure_code::refused,
                    fmt::format("run {} is being cut into {} shards; ask again when that is done",
                                what.name, resharding_->to.shards));
    if (!resharding_) {
        auto to = edges_.preparer.resharded(what, wanted);
        if (!to) return tl::unexpected(to.error());
        resharding_ = resharding{std::move(*to)};
        edges_.log(fmt::format("run {} is to be cut into {} shards instead of {}", what.name,
                               wanted, what.shards));
    }
    control_coordinator(wire::Control::HOLD, out);
    return {};
}

void registrar::held(wire::Held::Reader h, std::int64_t now_ms, outbox& out) {
    if (h.getRefusal().size() > 0) {
        if (resharding_) resharding_->refusal = h.getRefusal().cStr();
        return;
    }
    // Who wanted it was told that it came to nothing, or by a registrar that is gone.
    if (!resharding_ || !resharding_->refusal.empty())
        return control_coordinator(wire::Control::GO_ON, out);
    const auto old = active_->number;
    const auto as = book_.next_number();
    const auto wanted = resharding_->to.shards;
    if (!record(run_book::resharding(old, as, wanted))) return;
    resharding_->as = as;
    resharding_->gauge = active_->gauge;
    resharding_->gauge.resharded();
    edges_.log(
        fmt::format("run {} (number {}) stands at update {} and goes on in {} shards as "
                    "number {}",
                    active_->what.name, old, h.getCount(), wanted, as));
    followers_.pass_on(old, as);
    active_.reset();
    awaited_.clear();
    closing_ms_ = now_ms;
    ++step_;
}

void registrar::control_coordinator(wire::Control::Which what, outbox& out) const {
    if (!active_) return;
    constexpr address coordinator{role::COORDINATOR, 0};
    frame_builder b(coordinator, coordinator, active_->number, 0);
    auto c = b.root().initControl();
    if (what == wire::Control::CHECKPOINT) c.setCheckpoint();
    if (what == wire::Control::HOLD) c.setHold();
    if (what == wire::Control::GO_ON) c.setGoOn();
    out.push_back({coordinator, b.finish()});
}

}  // namespace slackline
