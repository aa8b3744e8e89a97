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

shard::shard(shard_settings settings, std::shared_ptr<const shard_map> map)
    : settings_(settings),
      map_(std::move(map)),
      pool_(map_->slice_floats(settings.index), settings.parameter_buffers) {
    const auto& specs = map_->layout().tables;
    for (std::size_t t = 0; t < specs.size(); ++t)
        tables_.emplace_back(specs[t], t, settings_.seed, settings_.optimizer);
}

void shard::handle(const frame& f, wire::Message::Reader m, std::int64_t, outbox& out) {
    if (m.getRun() != settings_.run) return;
    switch (m.which()) {
        case wire::Message::RESTORE:
            restore(m, out);
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
            if (m.getEra() == era_ && era_ != 0) take_records(m.getRecords(), out);
            break;
        case wire::Message::INQUIRE:
            tell_what_it_holds(read_address(m.getFrom()), out);
            break;
        default:
            break;  // nothing else is for a shard
    }
}

void shard::tick(std::int64_t, outbox& out) {
    if (era_ == 0) {
        frame_builder b = reply({role::COORDINATOR, 0});
        b.root().initReady().setIncarnation(settings_.incarnation);
        out.push_back({{role::COORDINATOR, 0}, b.finish()});
        return;
    }
    std::erase_if(answers_, [](const auto& a) { return a.second.expired(); });
    if (!started_) tell_of_restore({role::COORDINATOR, 0}, out);
    advance(out);
}

frame_builder shard::reply(address to) const {
    return {{role::SHARD, settings_.index}, to, settings_.run, era_};
}

void shard::tell_what_it_holds(address to, outbox& out) const {
    frame_builder b({role::SHARD, settings_.index}, to, settings_.run, started_ ? era_ : 0);
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

void shard::pull(const frame& f, wire::Message::Reader m, outbox& out) {
    if (m.getEra() > era_ || era_ == 0)
        return refuse(m, wire::Refusal::NOT_READY, "this shard is being restored", out);
    if (m.getEra() < era_)
        return refuse(m, wire::Refusal::ERA, "this era is over; join the new one", out);
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
    if (m.getEra() > era_ || era_ == 0)
        return refuse(m, wire::Refusal::NOT_READY, "this shard is being restored", out);
    if (m.getEra() < era_)
        return refuse(m, wire::Refusal::ERA, "this era is over; join the new one", out);
    const auto p = m.getPush();
    const auto from = read_address(m.getFrom());
    const worker_key who{from.index, p.getIncarnation()};
    if (const auto fenced = fenced_.find(who.worker);
        fenced != fenced_.end() && who.incarnation <= fenced->second)
        return refuse(m, wire::Refusal::FENCED, "this incarnation was declared dead", out);
    const slice_key key{p.getItem(), who, p.getAttempt()};
    for (auto attempt : p.getWithdrawn())
        std::erase_if(landed_, [&](const auto& l) {
            return l.first.from == who && l.first.attempt == attempt;
        });
    if (!landed_.contains(key) && !closed_.closed(key.item)) {
        landed_slice slice;
        slice.base = p.getBase();
        slice.payload = f;
        if (!read_slice(p, slice))
            return refuse(m, wire::Refusal::MALFORMED,
                          fmt::format("the slices of item {} do not have the shapes of shard {}; "
                                      "run the same model on both sides",
                                      p.getItem(), settings_.index),
                          out);
        if (const auto cause = poison_of(slice); !cause.empty())
            return refuse(m, wire::Refusal::POISON, cause, out);
        if (held_for(who.worker) >= settings_.slices_max)
            return refuse(m, wire::Refusal::FULL, "too many slices of this worker wait", out);
        landed_.emplace(key, std::move(slice));
    }
    frame_builder b = reply(from);
    auto landed = b.root().initLanded();
    landed.setIncarnation(who.incarnation);
    landed.setItem(key.item);
    landed.setAttempt(key.attempt);
    out.push_back({from, b.finish()});
}

bool shard::read_slice(wire::Push::Reader p, landed_slice& slice) const {
    const std::size_t floats = map_->slice_floats(settings_.index);
    const auto dense = contiguous(p.getDense(), floats * sizeof(float));
    if (dense.size() != floats * sizeof(float)) return false;
    slice.dense = reinterpret_cast<const float*>(dense.data());
    const auto parts = p.getTables();
    if (parts.size() != tables_.size()) return false;
    for (unsigned t = 0; t < parts.size(); ++t) {
        row_gradients rows;
        for (auto id : parts[t].getIds()) rows.ids.push_back(id);
        const auto data = parts[t].getRows();
        if (data.size() != rows.ids.size() * tables_[t].width() * sizeof(float)) return false;
        rows.rows = reinterpret_cast<const float*>(data.begin());
        slice.tables.push_back(std::move(rows));
    }
    return true;
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

void shard::take_records(wire::Records::Reader r, outbox& out) {
    std::uint64_t position = r.getFirst();
    for (auto wire_record : r.getRecords()) {
        if (position++ != next_ || pending_.size() >= settings_.records_max) continue;
        pending_.push_back(read(wire_record));
        ++next_;
    }
    advance(out);
    frame_builder b = reply({role::SEQUENCER, 0});
    b.root().initRecordsHeld().setNext(next_);
    out.push_back({{role::SEQUENCER, 0}, b.finish()});
}

// Applies what is held, in order, until a version buffer is missing: then the rest waits for one
// to come back from a pull.
void shard::advance(outbox& out) {
    for (; !pending_.empty(); pending_.pop_front()) {
        const auto& entry = pending_.front();
        if (const auto* a = std::get_if<apply_record>(&entry)) {
            if (!take(*a)) break;
        } else if (const auto* s = std::get_if<skip_record>(&entry)) {
            closed_.skip(s->item);
            forget_item(s->item);
        } else if (const auto* c = std::get_if<cut_record>(&entry)) {
            take(*c, out);
        } else if (const auto* f = std::get_if<fence>(&entry)) {
            take(*f);
        } else if (const auto* d = std::get_if<drop>(&entry)) {
            landed_.erase({d->item, d->who, d->attempt});
        }
    }
    answer_parked(out);
}

bool shard::take(const apply_record& r) {
    if (r.count != count_ + 1)
        throw std::runtime_error(fmt::format("shard {} holds count {} and was told to make {}",
                                             settings_.index, count_, r.count));
    const auto next = pool_.try_acquire();
    if (!next) return false;
    std::vector<weighted_slice> slices;
    std::vector<std::vector<row_gradients>> rows(tables_.size());
    for (const auto& i : r.items) {
        const auto slice = landed_.find({i.item, i.from, i.attempt});
        if (slice == landed_.end() || slice->second.base != i.base)
            throw std::runtime_error(
                fmt::format("shard {} was told to apply item {} of worker {}, "
                            "which has not landed here",
                            settings_.index, i.item, i.from.worker));
        if (i.base > count_ || (settings_.staleness && count_ - i.base > *settings_.staleness))
            throw std::runtime_error(fmt::format(
                "item {} with base {} breaks the bound at count {}", i.item, i.base, count_));
        slices.push_back({slice->second.dense, i.clip});
        for (std::size_t t = 0; t < tables_.size(); ++t) {
            rows[t].push_back(slice->second.tables[t]);
            rows[t].back().clip = i.clip;
        }
    }
    std::vector<float*> state;
    for (auto& s : state_) state.push_back(s.data());
    apply(settings_.optimizer, r.scalars, slices, r.divisor, map_->slice_floats(settings_.index),
          current_->data(), next->data(), state);
    for (std::size_t t = 0; t < tables_.size(); ++t)
        tables_[t].apply(r.scalars, rows[t], r.divisor);
    current_ = next;
    ++count_;
    for (const auto& i : r.items) {
        closed_.apply(i.item);
        forget_item(i.item);
    }
    return true;
}

void shard::forget_item(item_id item) {
    const auto begin = landed_.lower_bound({item, {}, 0});
    auto end = begin;
    while (end != landed_.end() && end->first.item == item) ++end;
    landed_.erase(begin, end);
}

void shard::take(const fence& f) {
    auto& last = fenced_[f.who.worker];
    last = std::max(last, f.who.incarnation);
    std::erase_if(landed_, [&](const auto& l) {
        return l.first.from == f.who &&
               std::find(f.keep.begin(), f.keep.end(), l.first.item) == f.keep.end();
    });
}

void shard::take(const cut_record& r, outbox& out) const {
    if (r.count != count_)
        throw std::runtime_error(fmt::format("shard {} holds count {} and was told to cut at {}",
                                             settings_.index, count_, r.count));
    if (r.purpose.checkpoint) snapshot(r, role::CHECKPOINTER, out);
    if (r.purpose.evaluate) snapshot(r, role::EVALUATOR, out);
}

void shard::snapshot(const cut_record& r, role to, outbox& out) const {
    const std::size_t floats = map_->slice_floats(settings_.index);
    frame_builder b = reply({to, 0});
    auto snapshot = b.root().initSnapshot();
    write(snapshot.initCut(), r);
    attach_floats(
        b, [&](unsigned n) { return snapshot.initDense(n); }, current_->data(), floats, current_);
    const bool with_state = to == role::CHECKPOINTER;
    if (with_state) {
        auto slots = snapshot.initState(static_cast<unsigned>(state_.size()));
        for (unsigned s = 0; s < slots.size(); ++s) {
            auto copy = std::make_shared<const std::vector<float>>(state_[s]);
            attach_floats(
                b, [&](unsigned n) { return slots.init(s, n); }, copy->data(), floats, copy);
        }
    }
    auto parts = snapshot.initTables(static_cast<unsigned>(tables_.size()));
    for (unsigned t = 0; t < parts.size(); ++t)
        write_table(b, parts[t], std::make_shared<table_rows>(tables_[t].copy(with_state)));
    out.push_back({{to, 0}, b.finish()});
}

}  // namespace slackline
