#include "actors/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "actors/cause.hpp"
#include "actors/poison.hpp"
#include "actors/shard_frames.hpp"
#include "actors/thrown.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

namespace {
constexpr address coordinator_address{role::COORDINATOR, 0};
constexpr std::size_t remembered_max = 32;

void remember(std::deque<std::uint64_t>& last, std::uint64_t number) {
    last.push_back(number);
    if (last.size() > remembered_max) last.pop_front();
}
}  // namespace

worker::worker(worker_settings settings, std::shared_ptr<const shard_map> map, device_edge& device,
               batch_edge& data, incarnations_edge& incarnations, worker_listener tell)
    : settings_(settings),
      map_(std::move(map)),
      device_(device),
      data_(data),
      incarnations_(incarnations),
      tell_(std::move(tell)),
      answer_for_(map_->shards()),
      incarnation_(incarnations.next()),
      heard_ms_(map_->shards(), 0) {
    for (std::uint32_t s = 0; s < map_->shards(); ++s)
        pools_.push_back(
            std::make_unique<buffer_pool>(map_->slice_floats(s), settings_.gradient_buffers));
}

frame_builder worker::message(address to) const {
    return {{role::WORKER, settings_.index}, to, settings_.run, era_};
}

void worker::send(frame_builder& b, address to, outbox& out) const {
    out.push_back({to, b.finish()});
}

void worker::handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    if (m.getRun() != settings_.run) return;
    if (at_ == standing::drained) return;
    if (m.isStart() && m.getEra() > era_) return begin_era(m.getEra(), now_ms, out);
    if (m.getFrom().getRole() == role::SHARD) note_word_of_shard(m, now_ms, out);
    if (m.getEra() != era_) return;
    if (m.isPrimaries()) return take_primaries(m.getPrimaries(), now_ms, out);
    if (at_ == standing::cut_off) return;
    switch (m.which()) {
        case wire::Message::GRANT:
            if (m.getGrant().getIncarnation() == incarnation_) open(m.getGrant(), now_ms, out);
            break;
        case wire::Message::PULLED:
            take_pulled(f, m, now_ms, out);
            break;
        case wire::Message::LANDED:
            take_landed(m, now_ms, out);
            break;
        case wire::Message::REFUSED:
            take_refused(m.getRefused(), out);
            break;
        case wire::Message::OUTCOME:
            if (m.getOutcome().getIncarnation() == incarnation_)
                take_outcome(m.getOutcome(), now_ms, out);
            break;
        case wire::Message::CANCEL: {
            const auto open = open_.find(m.getCancel().getItem());
            if (m.getCancel().getIncarnation() == incarnation_ && open != open_.end() &&
                open->second.lease <= m.getCancel().getLease())
                close(open, now_ms);
            break;
        }
        default:
            break;  // nothing else is for a worker
    }
}

void worker::tick(std::int64_t now_ms, outbox& out) {
    // A worker that was late itself holds no silence against the shards.
    if (now_ms - ticked_ms_ > settings_.resend_ms) heard_ms_.assign(map_->shards(), now_ms);
    ticked_ms_ = now_ms;
    if (at_ == standing::drained) return;
    if (at_ == standing::cut_off && now_ms - probed_ms_ >= settings_.resend_ms) probe(now_ms, out);
    if (at_ == standing::cut_off) return;
    if (era_ == 0) {
        auto b = message(coordinator_address);
        b.root().initReady().setIncarnation(incarnation_);
        return send(b, coordinator_address, out);
    }
    if (at_ == standing::draining) leave_when_drained(now_ms, out);
    if (const auto shard = unreachable(now_ms)) give_back(*shard, now_ms, out);
    if (at_ == standing::working || at_ == standing::draining) beat(now_ms, out);
}

void worker::beat(std::int64_t now_ms, outbox& out) {
    const auto sequencer = answer_for_.sequencer();
    auto b = message(sequencer);
    auto beat = b.root().initBeat();
    beat.setIncarnation(incarnation_);
    auto open = beat.initOpen(static_cast<unsigned>(open_.size()));
    unsigned i = 0;
    for (const auto& [item, o] : open_) open.set(i++, item);
    send(b, sequencer, out);
    compute_waiting(now_ms);
    for (auto& [item, o] : open_)
        if (now_ms - o.progress_ms >= settings_.resend_ms) {
            o.progress_ms = now_ms;
            resend(item, o, out);
        }
}

void worker::go_to(stage next, open_item& o, std::int64_t now_ms) const {
    o.at = next;
    o.progress_ms = o.since_ms = now_ms;
}

void worker::open(wire::Grant::Reader g, std::int64_t now_ms, outbox& out) {
    const item_id item = g.getItem();
    if (at_ != standing::working || open_.contains(item) ||
        std::find(leases_closed_.begin(), leases_closed_.end(), g.getLease()) !=
            leases_closed_.end())
        return;
    open_item o;
    o.lease = g.getLease();
    o.floor = g.getFloor();
    o.attempt = ++attempts_;
    go_to(stage::pulling, o, now_ms);
    row_requests requests;
    try {
        o.samples = data_.prepare(item, requests);
    } catch (...) {
        open_.emplace(item, std::move(o));
        return give_up(item, what_was_thrown(), out);
    }
    split_rows(requests, o);
    o.pulled.resize(map_->shards());
    o.counts.resize(map_->shards());
    o.landed.resize(map_->shards());
    const auto& opened = open_.emplace(item, std::move(o)).first->second;
    for (std::uint32_t s = 0; s < map_->shards(); ++s) send_pull(item, opened, s, out);
}

void worker::split_rows(const row_requests& requests, open_item& o) const {
    const std::size_t tables = map_->layout().tables.size();
    o.ids.assign(map_->shards(), std::vector<std::vector<std::uint64_t>>(tables));
    o.rows.resize(tables);
    for (std::size_t t = 0; t < tables && t < requests.size(); ++t)
        for (auto id : requests[t]) {
            const auto shard = map_->shard_of(t, id);
            o.rows[t].push_back({shard, o.ids[shard][t].size()});
            o.ids[shard][t].push_back(id);
        }
}

void worker::send_pull(item_id item, const open_item& o, std::uint32_t shard, outbox& out) const {
    const auto to = answer_for_.shard(shard);
    auto b = message(to);
    auto pull = b.root().initPull();
    pull.setRequest(o.attempt);
    pull.setIncarnation(incarnation_);
    pull.setItem(item);
    pull.setFloor(o.floor);
    const auto& ids = o.ids[shard];
    auto tables = pull.initTables(static_cast<unsigned>(ids.size()));
    for (unsigned t = 0; t < tables.size(); ++t) {
        auto list = tables.init(t, static_cast<unsigned>(ids[t].size()));
        for (unsigned i = 0; i < list.size(); ++i) list.set(i, ids[t][i]);
    }
    send(b, to, out);
}

void worker::take_pulled(const frame& f, wire::Message::Reader m, std::int64_t now_ms,
                         outbox& out) {
    const auto p = m.getPulled();
    const auto found = open_.find(p.getItem());
    if (found == open_.end() || found->second.attempt != p.getRequest()) return;
    auto& o = found->second;
    const auto shard = m.getFrom().getIndex();
    if (o.at != stage::pulling || shard >= map_->shards()) return;
    // A former life may have pulled under the same number, from an older floor.
    if (p.getCount() < o.floor) return;
    bool fits = contiguous(p.getDense(), map_->slice_floats(shard) * sizeof(float)).size() ==
                    map_->slice_floats(shard) * sizeof(float) &&
                p.getTables().size() == map_->layout().tables.size();
    for (unsigned t = 0; fits && t < p.getTables().size(); ++t)
        fits = p.getTables()[t].size() ==
               o.ids[shard][t].size() * map_->layout().tables[t].width * sizeof(float);
    if (!fits)
        return give_up(found->first,
                       fmt::format("shard {} answers with other shapes than this model's", shard),
                       out);
    o.pulled[shard] = f;
    o.counts[shard] = p.getCount();
    o.progress_ms = now_ms;
    if (std::all_of(o.pulled.begin(), o.pulled.end(), [](const frame& x) { return bool(x); }))
        compute(found->first, o, now_ms);
}

void worker::handle(const computed& c, std::int64_t now_ms, outbox& out) {
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& o) {
        return o.second.attempt == c.attempt && o.second.at == stage::computing;
    });
    if (found == open_.end()) return;
    const item_id item = found->first;
    auto& o = found->second;
    if (!c.error.empty()) return give_up(item, c.error, out);
    const auto cause = std::isfinite(c.loss) ? poison(c.squared_norm, settings_.gradient_norm_max)
                                             : fmt::format("its loss is {}", c.loss);
    if (!cause.empty()) return give_up(item, cause, out);
    o.result = c;
    go_to(stage::pushing, o, now_ms);
    o.pulled.assign(map_->shards(), {});
    for (std::uint32_t s = 0; s < map_->shards(); ++s) {
        o.pushes.push_back(push_of(item, o, s));
        out.push_back({answer_for_.shard(s), o.pushes[s]});
    }
    compute_waiting(now_ms);
}

void worker::take_landed(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto l = m.getLanded();
    const auto found = open_.find(l.getItem());
    if (l.getIncarnation() != incarnation_ || found == open_.end()) return;
    auto& o = found->second;
    const auto shard = m.getFrom().getIndex();
    if (o.at != stage::pushing || l.getAttempt() != o.attempt || shard >= map_->shards()) return;
    o.landed[shard] = true;
    o.progress_ms = now_ms;
    if (!std::all_of(o.landed.begin(), o.landed.end(), [](bool l1) { return l1; })) return;
    go_to(stage::committing, o, now_ms);
    o.pushes.clear();
    o.dense.clear();
    o.grads.clear();
    send_commit(found->first, o, out);
}

void worker::send_commit(item_id item, const open_item& o, outbox& out) const {
    const auto sequencer = answer_for_.sequencer();
    auto b = message(sequencer);
    auto commit = b.root().initCommit();
    commit.setIncarnation(incarnation_);
    commit.setItem(item);
    commit.setBase(o.base);
    commit.setAttempt(o.attempt);
    commit.setLease(o.lease);
    commit.setSquaredNorm(o.result.squared_norm);
    commit.setComputeMs(o.result.compute_ms);
    commit.setLoss(o.result.loss);
    send(b, sequencer, out);
}

void worker::give_up(item_id item, const std::string& cause, outbox& out) {
    const auto o = open_.find(item);
    const auto sequencer = answer_for_.sequencer();
    auto b = message(sequencer);
    auto failed = b.root().initFailed();
    failed.setIncarnation(incarnation_);
    failed.setItem(item);
    failed.setLease(o->second.lease);
    failed.setCause(short_cause(cause));
    send(b, sequencer, out);
    withdraw(o->second);
    open_.erase(o);
}

void worker::take_outcome(wire::Outcome::Reader r, std::int64_t now_ms, outbox& out) {
    const auto what = read(r.getAnswer());
    if (what == answer::fenced) return join_anew(out);
    const auto open = open_.find(r.getItem());
    if (open == open_.end()) return;
    // To recompute is news for that attempt only; the others say that the item is closed.
    if (what == answer::recompute && open->second.attempt != r.getAttempt()) return;
    close(open, now_ms);
}

void worker::close(std::map<item_id, open_item>::iterator closed, std::int64_t now_ms) {
    if (closed->second.cancelled) *closed->second.cancelled = true;
    remember(leases_closed_, closed->second.lease);
    withdraw(closed->second);
    open_.erase(closed);
    compute_waiting(now_ms);
}

// What may have landed and is never committed can be dropped by the shards.
void worker::withdraw(const open_item& o) {
    if (o.at == stage::pushing) remember(withdrawn_, o.attempt);
}

void worker::take_refused(wire::Refused::Reader r, outbox& out) {
    if (r.getIncarnation() != incarnation_) return;
    switch (r.getWhy()) {
        case wire::Refusal::FENCED:
            join_anew(out);
            break;
        case wire::Refusal::MALFORMED:
        case wire::Refusal::POISON: {
            const auto o = open_.find(r.getItem());
            if (o != open_.end() && o->second.attempt == r.getAttempt())
                give_up(r.getItem(), r.getSentence().cStr(), out);
            break;
        }
        case wire::Refusal::ERA:  // the new era's start is on its way
        case wire::Refusal::NOT_READY:
        case wire::Refusal::FULL:
            break;  // sent again after resend_ms
    }
}

// A shard may owe an answer for long and be well: a pull waits for its floor, a push for the
// network. What it holds it says at once.
void worker::resend(item_id item, open_item& o, outbox& out) const {
    for (std::uint32_t s = 0; s < map_->shards(); ++s) {
        if (!owes_answer(o, s)) continue;
        resend(item, o, s, out);
        inquire(s, out);
    }
    if (o.at == stage::committing) send_commit(item, o, out);
}

void worker::resend(item_id item, open_item& o, std::uint32_t shard, outbox& out) const {
    if (o.at == stage::pulling) send_pull(item, o, shard, out);
    if (o.at == stage::pushing) out.push_back({answer_for_.shard(shard), o.pushes[shard]});
}

void worker::take_primaries(wire::Primaries::Reader p, std::int64_t now_ms, outbox& out) {
    const auto news = answer_for_.take(p);
    for (const auto s : news.shards) {
        heard_ms_[s] = now_ms;
        for (auto& [item, o] : open_) {
            if (!owes_answer(o, s)) continue;
            if (o.at == stage::pushing) o.pushes[s] = push_of(item, o, s);
            resend(item, o, s, out);
        }
    }
    if (!news.sequencer) return;
    if (at_ == standing::cut_off) return probe(now_ms, out);
    join_anew(out);
}

}  // namespace slackline
