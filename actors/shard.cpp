#include "actors/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <stdexcept>

#include "actors/poison.hpp"
#include "actors/shard_frames.hpp"
#include "kernels/parameters.hpp"

namespace slackline {

shard::shard(shard_settings settings, std::shared_ptr<const shard_map> map, log_edge* log)
    : settings_(std::move(settings)),
      map_(std::move(map)),
      log_(log, {self(), settings_.run, settings_.incarnation, settings_.places}) {
    hold_nothing();
}

void shard::handle(const frame& f, wire::Message::Reader m, std::int64_t, outbox& out) {
    if (m.getRun() != settings_.run) return;
    switch (m.which()) {
        case wire::Message::RESTORE:
            restore(f, m, out);
            break;
        case wire::Message::START:
            if (m.getEra() == era_ && m.getStart().getIncarnation() == settings_.incarnation)
                started_ = true;
            break;
        case wire::Message::PULL:
            pull(f, m, out);
            break;
        case wire::Message::PUSH:
            push(f, m, out);
            break;
        case wire::Message::RECORDS:
            if (m.getEra() == era_ && !repeats()) take_records(f, m, out);
            break;
        case wire::Message::KEPT:
            if (m.getEra() == era_ && !restoring()) log_.kept(m.getKept().getPosition());
            break;
        case wire::Message::INQUIRE:
            tell_what_it_holds(read_address(m.getFrom()), out);
            break;
        case wire::Message::FENCED:
            if (m.getFenced().getIncarnation() == settings_.incarnation && !log_.reading())
                begin_life();
            break;
        default:
            if (m.getEra() == era_ && !restoring()) handle_copies(f, m, out);
    }
}

// What its copies and the coordinator say of them; nothing else is for a shard.
void shard::handle_copies(const frame& f, wire::Message::Reader m, outbox& out) {
    switch (m.which()) {
        case wire::Message::LEAD:
            lead(m.getLead(), out);
            break;
        case wire::Message::FOLLOW:
            log_.follow(m.getFollow(), out);
            break;
        case wire::Message::APPEND:
            take_appended(f, m, out);
            break;
        case wire::Message::APPENDED:
            log_.copies().appended(m, out);
            log_.release(out);
            break;
        default:
            break;
    }
}

void shard::tick(std::int64_t now_ms, outbox& out) {
    meter_.tick(now_ms);
    if (era_ == 0) return out.push_back(log_.copies().empty_handed());
    std::erase_if(answers_, [](const auto& a) { return a.second.expired(); });
    if (log_.reading()) return log_.say_here(out);
    log_.copies().note_load(state_bytes(), meter_.busy());
    log_.sync(out);
    if (!lost_.empty()) return tell_lost(out);
    if (!started_) tell_of_restore({role::COORDINATOR, 0}, out);
    advance(out);
}

frame_builder shard::reply(address to) const {
    return {self(), to, settings_.run, era_};
}

void shard::tell_what_it_holds(address to, outbox& out) const {
    frame_builder b(self(), to, settings_.run, started_ ? era_ : 0);
    b.root().initHolds().setIncarnation(settings_.incarnation);
    out.push_back({to, b.finish()});
}

void shard::refuse(wire::Message::Reader m, wire::Refusal why, const std::string& sentence,
                   outbox& out) const {
    const auto to = read_address(m.getFrom());
    frame_builder b = reply(to);
    auto refused = b.root().initRefused();
    if (m.isPull()) {
        refused.setItem(m.getPull().getItem());
        refused.setIncarnation(m.getPull().getIncarnation());
        refused.setAttempt(m.getPull().getRequest());
    } else {
        refused.setItem(m.getPush().getItem());
        refused.setIncarnation(m.getPush().getIncarnation());
        refused.setAttempt(m.getPush().getAttempt());
    }
    refused.setWhy(why);
    refused.setSentence(sentence);
    out.push_back({to, b.finish()});
}

bool shard::refused_by_era(wire::Message::Reader m, outbox& out) const {
    const bool early = m.getEra() > era_ || restoring() || !log_.leads();
    if (early)
        refuse(m, wire::Refusal::NOT_READY, "this shard is being restored, or a copy of one", out);
    else if (m.getEra() < era_)
        refuse(m, wire::Refusal::ERA, "this era is over; join the new one", out);
    return early || m.getEra() < era_;
}

void shard::pull(const frame& f, wire::Message::Reader m, outbox& out) {
    if (refused_by_era(m, out)) return;
    const auto from = read_address(m.getFrom());
    const auto p = m.getPull();
    const auto name = name_of(from, p);
    if (const auto sent = answers_.find(name); sent != answers_.end() && !sent->second.expired())
        return;
    if (p.getFloor() <= count_) return answer(from, p, out);
    if (std::any_of(parked_.begin(), parked_.end(), [&](const auto& k) { return k.name == name; }))
        return;
    const auto same = [&](const parked_pull& k) { return k.name.from == from; };
    if (static_cast<std::size_t>(std::count_if(parked_.begin(), parked_.end(), same)) >=
        settings_.slices_max)
        return refuse(m, wire::Refusal::FULL, "too many pulls of this worker wait", out);
    parked_.push_back({name, p.getFloor(), f});
}

shard::pull_name shard::name_of(address from, wire::Pull::Reader p) {
    return {from, p.getIncarnation(), p.getItem(), p.getRequest()};
}

void shard::answer(address from, wire::Pull::Reader p, outbox& out) {
    frame_builder b = reply(from);
    auto pulled = b.root().initPulled();
    pulled.setRequest(p.getRequest());
    pulled.setItem(p.getItem());
    pulled.setCount(count_);
    attach_floats(
        b, [&](unsigned n) { return pulled.initDense(n); }, current_->data(),
        map_->slice_floats(settings_.index), current_);
    const auto wanted = p.getTables();
    auto rows = pulled.initTables(static_cast<unsigned>(tables_.size()));
    for (unsigned t = 0; t < rows.size() && t < wanted.size(); ++t) {
        const std::size_t width = tables_[t].width();
        auto gathered = std::make_shared<std::vector<float>>(padded(wanted[t].size() * width));
        std::size_t k = 0;
        for (auto id : wanted[t]) tables_[t].gather(id, gathered->data() + width * k++);
        rows.adopt(t, b.attach_one(as_bytes(gathered->data(), width * k), gathered));
    }
    auto made = b.finish();
    answers_[name_of(from, p)] = made.owner();
    out.push_back({from, std::move(made)});
}

void shard::answer_parked(outbox& out) {
    const auto ready = std::stable_partition(parked_.begin(), parked_.end(),
                                             [&](const auto& k) { return k.floor > count_; });
    for (auto k = ready; k != parked_.end(); ++k)
        answer(k->name.from, frame_reader(k->request).root().getPull(), out);
    parked_.erase(ready, parked_.end());
}

std::size_t shard::held_for(std::uint32_t worker) const {
    return static_cast<std::size_t>(
        std::count_if(landed_.begin(), landed_.end(),
                      [&](const auto& l) { return l.first.from.worker == worker; }));
}

void shard::push(const frame& f, wire::Message::Reader m, outbox& out) {
    if (refused_by_era(m, out)) return;
    const auto p = m.getPush();
    const auto key = key_of(m);
    if (const auto fenced = fenced_.find(key.from.worker);
        fenced != fenced_.end() && key.from.incarnation <= fenced->second)
        return refuse(m, wire::Refusal::FENCED, "this incarnation was declared dead", out);
    withdraw(key.from, p);
    const auto known = landed_.find(key);
    if (known != landed_.end() && !log_.durable(known->second.logged)) return;  // once it is
    if (known == landed_.end() && !closed_.closed(key.item)) {
        if (held_for(key.from.worker) >= settings_.slices_max)
            return refuse(m, wire::Refusal::FULL, "too many slices of this worker wait", out);
        auto slice = slice_of(f, p);
        if (!slice)
            return refuse(m, wire::Refusal::MALFORMED,
                          fmt::format("the slices of item {} do not have the shapes of shard {}; "
                                      "run the same model on both sides",
                                      p.getItem(), settings_.index),
                          out);
        if (const auto cause = poison_of(*slice); !cause.empty())
            return refuse(m, wire::Refusal::POISON, cause, out);
        slice->logged = log_.next();
        log_.append(f, urgency::at_once, out);
        landed_.emplace(key, std::move(*slice));
        if (log_.has_grown_by(settings_.log_bytes_max)) ask_for_checkpoint(out);
    }
    const auto from = read_address(m.getFrom());
    frame_builder b = reply(from);
    auto landed = b.root().initLanded();
    landed.setIncarnation(key.from.incarnation);
    landed.setItem(key.item);
    landed.setAttempt(key.attempt);
    log_.send({from, b.finish()}, out);
}

// The logs reach back to the oldest that is kept.
void shard::ask_for_checkpoint(outbox& out) const {
    const address coordinator{role::COORDINATOR, 0};
    frame_builder b = reply(coordinator);
    b.root().initControl().setCheckpoint();
    out.push_back({coordinator, b.finish()});
}

shard::slice_key shard::key_of(wire::Message::Reader m) {
    const auto p = m.getPush();
    return {p.getItem(), {m.getFrom().getIndex(), p.getIncarnation()}, p.getAttempt()};
}

void shard::withdraw(worker_key who, wire::Push::Reader p) {
    for (auto attempt : p.getWithdrawn())
        std::erase_if(landed_, [&](const auto& l) {
            return l.first.from == who && l.first.attempt == attempt;
        });
}

// None: its shapes are not this shard's.
std::optional<shard::landed_slice> shard::slice_of(const frame& f, wire::Push::Reader p) const {
    landed_slice slice;
    slice.base = p.getBase();
    slice.payload = f;
    const std::size_t floats = map_->slice_floats(settings_.index);
    const auto dense = contiguous(p.getDense(), floats * sizeof(float));
    if (dense.size() != floats * sizeof(float)) return std::nullopt;
    slice.dense = reinterpret_cast<const float*>(dense.data());
    const auto parts = p.getTables();
    if (parts.size() != tables_.size()) return std::nullopt;
    for (unsigned t = 0; t < parts.size(); ++t) {
        row_gradients rows;
        for (auto id : parts[t].getIds()) rows.ids.push_back(id);
        const auto data = parts[t].getRows();
        if (data.size() != rows.ids.size() * tables_[t].width() * sizeof(float))
            return std::nullopt;
        rows.rows = reinterpret_cast<const float*>(data.begin());
        slice.tables.push_back(std::move(rows));
    }
    return slice;
}

// A slice is no longer than the gradient that it is of.
std::string shard::poison_of(const landed_slice& slice) const {
    const auto floats = map_->slice_floats(settings_.index);
    bool finite = all_finite(slice.dense, floats);
    for (std::size_t t = 0; t < tables_.size(); ++t)
        finite = finite &&
                 all_finite(slice.tables[t].rows, slice.tables[t].ids.size() * tables_[t].width());
    if (!finite) return poison(std::numeric_limits<double>::infinity(), 0);
    if (settings_.gradient_norm_max == 0) return {};
    double sum = squared_norm(slice.dense, floats);
    for (std::size_t t = 0; t < tables_.size(); ++t)
        sum += squared_norm(slice.tables[t].rows, slice.tables[t].ids.size() * tables_[t].width());
    return poison(sum, settings_.gradient_norm_max);
}

}  // namespace slackline
