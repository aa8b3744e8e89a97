// What becomes of cuts: evaluations, checkpoints, an early stop, and the end of the run.
#include <fmt/format.h>

#include <algorithm>

#include "actors/coordinator.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

void coordinator::evaluated(wire::Evaluated::Reader e, std::int64_t now_ms, outbox& out) {
    evaluation_report report{read(e.getCut()), e.getEpoch(), {}};
    std::optional<double> loss;
    for (auto m : e.getMetrics()) {
        report.metrics.emplace_back(m.getName().cStr(), m.getValue());
        if (m.getName() == "validation_loss" || (m.getName() == "loss" && !loss))
            loss = m.getValue();
    }
    observer_.evaluated(report);
    if (report.cut.purpose.final) final_evaluated_ = true;
    if (settings_.patience > 0 && loss && !final_.open()) {
        // An era may have gone back: what was evaluated after this epoch is void.
        losses_.erase(losses_.lower_bound(report.epoch), losses_.end());
        losses_[report.epoch] = *loss;
        if (on_plateau()) stop_early(report.epoch, now_ms, out);
    }
    finish_if_complete();
}

void coordinator::stop_early(std::uint64_t epoch, std::int64_t now_ms, outbox& out) {
    send_control(wire::Control::STOP_EARLY, out);
    stop_ms_ = now_ms;
    if (stopped_in_ == era_) return;
    stopped_in_ = era_;
    observer_.happened(fmt::format(
        "the run stops early: {} evaluations up to epoch {} were not better than the best before",
        settings_.patience, epoch));
}

bool coordinator::on_plateau() const {
    std::optional<double> best;
    std::uint32_t without_gain = 0;
    for (const auto& [epoch, loss] : losses_) {
        const bool gain = !best || loss < *best - settings_.min_delta;
        without_gain = gain ? 0 : without_gain + 1;
        if (gain) best = loss;
    }
    return without_gain >= settings_.patience;
}

void coordinator::published(wire::Published::Reader p, std::int64_t now_ms, outbox& out) {
    const auto cut = read(p.getCut());
    checkpoint_ms_ = now_ms;
    in_flight_ms_.reset();
    if (cut.count >= wanted_count_) wanted_.end();
    published_ = std::max(published_.value_or(0), cut.cut);
    const auto ledger = read(p.getLedger());
    observer_.published(cut, p.getPath().cStr(), ledger);
    tell_what_is_kept(ledger, out);
    if (cut.purpose.final) final_published_ = true;
    finish_if_complete();
}

void coordinator::cut_failed(wire::Message::Reader m, std::int64_t now_ms) {
    const std::string sentence = m.getCutFailed().getSentence().cStr();
    observer_.warned(sentence);
    const auto purpose = read(m.getCutFailed().getCut()).purpose;
    const auto again_ms = now_ms + settings_.resend_ms;
    if (purpose.checkpoint) in_flight_ms_.reset();
    if (purpose.checkpoint && wanted_.open()) wanted_.begin(again_ms, settings_.cut_soon_ms);
    if (!purpose.final) return;
    final_.begin(again_ms, settings_.cut_soon_ms);
    if (!failing_ms_) failing_ms_ = now_ms;
    if (now_ms - *failing_ms_ < settings_.give_up_ms) return;
    fail(fmt::format("the last {}: {}; remove the cause, then go on with --resume",
                     read_address(m.getFrom()).role == role::EVALUATOR
                         ? "evaluation came to nothing"
                         : "checkpoint could not be written",
                     sentence));
}

void coordinator::finish_if_complete() {
    if (phase_ == phase::ended || !final_.open() || !final_published_ || !final_evaluated_) return;
    phase_ = phase::ended;
    observer_.finished();
}

}  // namespace slackline
