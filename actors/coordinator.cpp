#include "actors/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/wire_order.hpp"

namespace slackline {

namespace {
// One more than the highest closed item.
std::uint64_t items_reached(const ledger_state& l) {
    auto n = l.watermark;
    for (const auto* above : {&l.applied_above, &l.skipped_above})
        if (!above->empty()) n = std::max(n, above->back() + 1);
    return n;
}
// As far as progress tells of it.
ledger_state ledger_of(const sequencer_stats& s) {
    ledger_state l;
    l.watermark = s.watermark;
    l.applied = s.applied;
    l.skipped = s.skipped;
    l.count = s.count;
    l.items_total = s.items_total;
    l.history = s.history;
    return l;
}
}  // namespace

coordinator::coordinator(coordinator_settings settings, std::shared_ptr<const shard_map> map,
                         checkpoint_store& store, run_observer& observer)
    : settings_(settings),
      map_(std::move(map)),
      store_(store),
      observer_(observer),
      first_era_(settings.first_era),
      workers_(settings.workers) {
    const auto add = [&](address part) {
        copy_list::settings s{part,
                              settings_.run,
                              settings_.places,
                              settings_.copies,
                              settings_.dead_ms,
                              settings_.logged};
        for (auto at = part; settings_.removed && at.copy < settings_.places; ++at.copy)
            if (settings_.removed(at)) s.removed.insert(at.copy);
        lists_.emplace_back(std::move(s));
    };
    if (settings_.places < 2) return;
    for (std::uint32_t s = 0; s < map_->shards(); ++s) add({role::SHARD, s});
    add({role::SEQUENCER, 0});
}

frame_builder coordinator::message(address to) const {
    return {{role::COORDINATOR, 0}, to, settings_.run, era_};
}

void coordinator::handle(const frame&, wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    if (phase_ == phase::ended || (holding_ == holding::held && !m.isControl())) return;
    if (m.isPeerChanged()) return disconnected(read_address(m.getFrom()), now_ms, out);
    if (m.getRun() != settings_.run) return;
    if (m.isControl()) return told(m.getControl(), now_ms, out);
    if (phase_ == phase::idle) return;
    if (m.isPlace()) return place(m.getPlace(), now_ms, out);
    if (m.isReady()) return ready(m, now_ms, out);
    if (m.isLeave()) return left(m, now_ms, out);
    if (m.isHolds()) return holds(m, now_ms, out);
    if (m.isStanding()) return stands(m, now_ms, out);
    if (m.getEra() != era_) return;
    switch (m.which()) {
        case wire::Message::RESTORED:
            restored(m, now_ms, out);
            break;
        case wire::Message::STARTED:
            started(m, now_ms, out);
            break;
        case wire::Message::PROGRESS:
            if (leads(read_address(m.getFrom()))) progressed(m.getProgress(), now_ms);
            break;
        case wire::Message::EVALUATED:
            evaluated(m.getEvaluated(), now_ms, out);
            break;
        case wire::Message::PUBLISHED:
            published(m.getPublished(), now_ms, out);
            break;
        case wire::Message::LOST:
            lost(m, now_ms, out);
            break;
        case wire::Message::CUT_FAILED:
            cut_failed(m, now_ms);
            break;
        default:
            break;  // nothing else is for the coordinator
    }
}

void coordinator::tick(std::int64_t now_ms, outbox& out) {
    if (phase_ == phase::idle)
        return settings_.adopt ? begin_adopting(now_ms, out) : begin_era("", now_ms, out);
    if (phase_ != phase::ended && holding_ == holding::held) return observer_.held(count_);
    tick_copies(now_ms, out);
    const bool again = now_ms - sent_ms_ >= settings_.resend_ms;
    if (phase_ == phase::adopting && again) {
        sent_ms_ = now_ms;
        inquire_missing(out);
    }
    if (phase_ == phase::restoring && again) {
        sent_ms_ = now_ms;
        for (std::uint32_t s = 0; s < map_->shards(); ++s)
            if (shard_lives_[s] == 0) send_restore(s, out);
    }
    if (phase_ == phase::starting && again) {
        sent_ms_ = now_ms;
        start_sequencer(out);
        if (sequencer_to_start() != 0) inquire(sequencer(), out);  // it may be another by now
    }
    if (!recovering_.empty() && again) {
        sent_ms_ = now_ms;
        send_recoveries(out);
    }
    if (phase_ != phase::serving) return;
    if (stopped_in_ == era_ && !final_.open() && now_ms - stop_ms_ >= settings_.resend_ms) {
        stop_ms_ = now_ms;
        send_control(wire::Control::STOP_EARLY, out);
    }
    tick_hold(now_ms, out);
    ask_for_cuts(now_ms, out);
}

void coordinator::ask_for_cuts(std::int64_t now_ms, outbox& out) {
    if (phase_ != phase::serving) return;
    // One in flight: on a slow disk more of them, each a copy of the model, would pile up.
    const bool in_flight = in_flight_ms_ && now_ms - *in_flight_ms_ < settings_.cut_ms;
    if (settings_.checkpoint_every_ms > 0 && !final_.open() && !wanted_.open() && !in_flight &&
        now_ms - checkpoint_ms_ >= settings_.checkpoint_every_ms) {
        in_flight_ms_ = checkpoint_ms_ = now_ms;
        send_control(wire::Control::CHECKPOINT, out);
    }
    if (wanted_.due(now_ms, settings_.cut_ms)) send_control(wire::Control::CHECKPOINT, out);
    if (final_.due(now_ms, settings_.cut_ms)) send_control(wire::Control::FINAL_CUT, out);
}

void coordinator::fail(const std::string& sentence) {
    phase_ = phase::ended;
    observer_.failed(sentence);
}

// The ledger of the state that is restored. What it says of the whole run's items is another
// submission's where the state is.
bool coordinator::note_state() {
    ledger_ = state_ ? state_->ledger : ledger_state{};
    if (!state_ || state_->at.era != era_) ledger_.position = 0;
    if (state_ && state_->at.era >= first_era_) return true;
    if (settings_.items_total < items_reached(ledger_)) {
        fail(fmt::format(
            "the run has come {} items far and the job has {}; set run.epochs to what it was "
            "or more",
            items_reached(ledger_), settings_.items_total));
        return false;
    }
    ledger_.items_total = settings_.items_total;
    return true;
}

void coordinator::begin_era(const std::string& why, std::int64_t now_ms, outbox& out) {
    auto start = store_.begin_era();
    if (!start) return fail(start.error().sentence);
    era_ = start->era;
    state_ = std::move(start->from);
    if (first_era_ == 0) first_era_ = era_;
    if (!note_state()) return;
    phase_ = phase::restoring;
    for (auto& l : lists_) l.begin_era(era_);
    leaders_.assign(lists_.size(), std::nullopt);
    unnoted_ = false;
    workers_wait_ms_.reset();
    shard_lives_.assign(map_->shards(), 0);
    restores_.assign(map_->shards(), {});
    recovering_.clear();
    kept_.clear();
    sequencer_life_ = 0;
    sent_ms_ = now_ms;
    back_ = false;
    in_flight_ms_.reset();
    if (wanted_.open()) wanted_.begin(now_ms, settings_.cut_soon_ms);
    count_ = ledger_.count;
    wanted_count_ = std::min(wanted_count_, count_);
    final_.end();
    failing_ms_.reset();
    final_published_ = final_evaluated_ = false;
    held_behind_.reset();
    over_behind_.reset();
    releasing_ = holds_for_nobody_ = false;
    published_.reset();
    const std::string first = state_ ? "the run goes on" : "the run starts";
    observer_.era_begun(era_, ledger_, why.empty() ? first : why);
    for (std::uint32_t s = 0; s < map_->shards(); ++s) send_restore(s, out);
}

void coordinator::send_start(address to, std::uint64_t life, bool recover, outbox& out) const {
    auto b = message(to);
    auto start = b.root().initStart();
    write(start.initLedger(), ledger_);
    start.setIncarnation(life);
    start.setRecover(recover);
    out.push_back({to, b.finish()});
}

// Two lives of it would write two orders of one era: only the one that is named follows.
void coordinator::start_sequencer(outbox& out) const {
    const auto life = sequencer_to_start();
    if (life == 0) return inquire(sequencer(), out);
    send_start(sequencer(), life, false, out);
}

// A restore names no life: this tells a shard that it is the one that is meant.
void coordinator::start_shard(std::uint32_t shard, outbox& out) const {
    const address to{role::SHARD, shard};
    auto b = message(to);
    b.root().initStart().setIncarnation(shard_lives_[shard]);
    out.push_back({to, b.finish()});
}

// A life of the sequencer that was not started in this era, as far as is known here.
void coordinator::sequencer_lives(std::uint64_t life, std::int64_t now_ms, outbox& out) {
    const auto told = sequencer_seen_;
    if (life < told) return;
    sequencer_seen_ = life;
    if (phase_ != phase::starting) return;
    if (told != 0 && told != life && !settings_.logged)  // it may have begun the order of this era
        return begin_era("the sequencer was lost and came back", now_ms, out);
    start_sequencer(out);
}

void coordinator::send_control(wire::Control::Which what, outbox& out) const {
    auto b = message(sequencer());
    auto control = b.root().initControl();
    if (what == wire::Control::CHECKPOINT) control.setCheckpoint();
    if (what == wire::Control::STOP_EARLY) control.setStopEarly();
    if (what == wire::Control::FINAL_CUT) control.setFinalCut();
    if (what == wire::Control::HOLD) control.setHold();
    if (what == wire::Control::GO_ON) control.setGoOn();
    out.push_back({sequencer(), b.finish()});
}

void coordinator::ready(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto from = read_address(m.getFrom());
    const auto life = m.getReady().getIncarnation();
    if (from.role == role::WORKER) {
        workers_ = std::max(workers_, from.index + 1);
        if (phase_ == phase::serving && !workers_wait_ms_) send_start(from, 0, false, out);
        return;
    }
    const bool shard = is_shard(from);
    if (!shard && !is_sequencer(from)) return;
    if (has_copies()) return copy_ready(from, life, now_ms, out);
    const auto known = shard ? shard_lives_[from.index] : sequencer_life_;
    if (life <= known) return;  // this life, or the late word of a former one
    if (const auto r = recovering_.find(from); r != recovering_.end() && r->second >= life) return;
    if (known == 0 && phase_ != phase::adopting &&
        !recovering_.contains(from)) {  // not restored yet: it may have missed it
        if (shard && phase_ == phase::restoring) send_restore(from.index, out);
        if (!shard) sequencer_lives(life, now_ms, out);
        return;
    }
    came_back(from, life, now_ms, out);
}

void coordinator::restored(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto shard = m.getFrom().getIndex();
    if (shard >= map_->shards()) return;
    const auto life = m.getRestored().getIncarnation();
    if (has_copies()) return copy_restored(read_address(m.getFrom()), life, now_ms, out);
    const auto r = recovering_.find({role::SHARD, shard});
    if (r != recovering_.end() && life < r->second) return;
    if (r != recovering_.end() && life == r->second) {
        recovering_.erase(r);
        shard_lives_[shard] = life;
        restores_[shard] = {};
        start_shard(shard, out);
        return recovered(now_ms, out);
    }
    if (phase_ == phase::adopting) return;
    if (life == shard_lives_[shard] && phase_ == phase::serving) return start_shard(shard, out);
    if (life <= shard_lives_[shard]) return;
    if (phase_ != phase::restoring)  // a late restore of this era met another life
        return came_back({role::SHARD, shard}, life, now_ms, out);
    shard_lives_[shard] = life;
    restores_[shard] = {};
    all_restored(now_ms, out);
}

void coordinator::all_restored(std::int64_t now_ms, outbox& out) {
    if (std::find(shard_lives_.begin(), shard_lives_.end(), 0u) != shard_lives_.end()) return;
    phase_ = phase::starting;
    state_.reset();
    sent_ms_ = now_ms;
    start_sequencer(out);
}

void coordinator::started(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto life = m.getStarted().getIncarnation();
    const auto from = read_address(m.getFrom());
    if (has_copies() && is_sequencer(from) && list_of(from).over({from.copy, life})) return;
    if (const auto r = recovering_.find(from); r != recovering_.end() && r->second == life) {
        recovering_.erase(r);
        sequencer_life_ = life;
        cuts_got_lost(now_ms);
        if (has_copies()) list_of(from).restored({from.copy, life});
        return recovered(now_ms, out);
    }
    if (phase_ != phase::starting) return;
    sequencer_life_ = sequencer_seen_ = life;
    phase_ = phase::serving;
    checkpoint_ms_ = now_ms;
    if (has_copies()) {
        workers_wait_ms_ = now_ms;
        list_of(from).restored({from.copy, life});
        return settle(now_ms, out);
    }
    for (std::uint32_t s = 0; s < map_->shards(); ++s) start_shard(s, out);
    start_workers(out);
}

void coordinator::start_workers(outbox& out) const {
    for (std::uint32_t w = 0; w < workers_; ++w) send_start({role::WORKER, w}, 0, false, out);
}

void coordinator::progressed(wire::Progress::Reader p, std::int64_t now_ms) {
    const auto s = read(p);
    count_ = s.count;
    note_hold(p.getHeld(), p.getHeldBehind());
    for (const auto w : p.getWorkers()) workers_ = std::max(workers_, w.getWorker() + 1);
    // Who was away may have missed that the last cut is done: it does not wait for it as long.
    const auto wait_ms = back_ ? settings_.resend_ms : settings_.cut_soon_ms;
    if (p.getFinished() && !final_.open()) final_.begin(now_ms + wait_ms, settings_.cut_soon_ms);
    if (std::exchange(back_, false)) {
        observer_.era_goes_on(era_, ledger_of(s));
        observer_.happened(fmt::format(
            "the coordinator is back: era {} goes on at update {}, with {} of {} items closed",
            era_, s.count, s.applied + s.skipped, s.items_total));
    }
    observer_.progressed(s, p.getLoss());
    finish_if_complete();
}

}  // namespace slackline
