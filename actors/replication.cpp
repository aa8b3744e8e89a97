#include "actors/replication.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "messages/passed.hpp"

namespace slackline {

namespace {

constexpr address coordinator_address{role::COORDINATOR, 0};
constexpr std::size_t segments_a_message_max = 256;
constexpr std::size_t digests_max = 1'024;
constexpr std::uint32_t beats_of_patience = 5;  // with a state that is on its way

// Each time twice as long, for a large one is slower by every other that is on its way.
bool is_said_again(std::uint32_t beats) {
    return beats % beats_of_patience == 0 && std::has_single_bit(beats / beats_of_patience + 1);
}

}  // namespace

frame_builder replication::message(address to) const {
    return {settings_.self, to, settings_.run, era_};
}

address replication::address_of(std::uint16_t copy) const {
    return {settings_.self.role, settings_.self.index, copy};
}

void replication::begin_life(std::uint64_t incarnation) {
    settings_.incarnation = incarnation;
    begin_era(0);
}

void replication::begin_era(std::uint64_t era) {
    era_ = era;
    term_ = led_since_ = filled_ = 0;
    leads_ = false;
    next_ = base_ = 0;
    kept_.clear();
    copies_.clear();
    digests_.clear();
}

bool replication::is_news(std::uint64_t era, wire::Filling::Reader f) const {
    return era > era_ || (era == era_ && !leads_ && f.getTerm() > filled_);
}

void replication::begin_as_copy(std::uint64_t era, wire::Filling::Reader f) {
    begin_era(era);
    term_ = filled_ = f.getTerm();
    base_ = f.getPosition();
    next_ = base_ - f.getCarried();
}

// ---- a primary

replication::order replication::lead(wire::Lead::Reader l, outbox& out) {
    order todo;
    if (l.getIncarnation() != settings_.incarnation || l.getTerm() < term_) return todo;
    const auto members = read(l.getMembers());
    const auto filling = read(l.getFilling());
    todo.begins = !leads_;
    if (todo.begins) {
        copies_.clear();
        led_since_ = l.getTerm();
    }
    const auto is_in = [](const std::vector<copy_life>& all, copy_life it) {
        return std::find(all.begin(), all.end(), it) != all.end();
    };
    if (l.getTerm() > term_)  // who was a member and is not any more begins anew
        std::erase_if(copies_, [&](const auto& c) {
            const copy_life it{c.first, c.second.incarnation};
            return !is_in(members, it) && (c.second.member || !is_in(filling, it));
        });
    const bool news = l.getTerm() > term_ || todo.begins;
    leads_ = true;
    term_ = l.getTerm();
    for (const auto& m : members) {
        const auto known = copies_.try_emplace(m.copy);
        if (known.second) known.first->second.incarnation = m.incarnation;
        known.first->second.member = true;
    }
    for (const auto& f : filling)
        if (!copies_.contains(f.copy)) todo.to_fill.push_back(f);
    for (auto& [copy, c] : copies_)
        if (news) send_append(copy, c, next_, next_, out);
    forget_what_all_hold();
    if (news) stand(out);
    return todo;
}

void replication::filling(wire::Filling::Builder to, std::size_t carried) const {
    to.setTerm(term_);
    to.setPosition(next_);
    to.setCarried(carried);
}

void replication::fill(copy_life to, frame state, std::vector<frame> carried, outbox& out) {
    assert(leads_ && carried.size() <= next_);
    copy_state c;
    c.incarnation = to.incarnation;
    c.filled = term_;
    c.joins = next_;
    c.carried = std::move(carried);
    c.state = std::move(state);
    out.push_back({address_of(to.copy), c.state});
    copies_.insert_or_assign(to.copy, std::move(c));
}

bool replication::required(const copy_state& c) const {
    return c.member || c.waited_for || (c.heard && kept_.size() > settings_.backlog_max);
}

std::optional<std::uint64_t> replication::held() const {
    auto least = next_;
    for (const auto& [copy, c] : copies_) {
        if (!required(c)) continue;
        if (!c.heard) return std::nullopt;
        least = std::min(least, c.held);
    }
    return least;
}

void replication::append(frame f, urgency u, outbox& out) {
    kept_.push_back(std::move(f));
    ++next_;
    if (copies_.empty()) return forget_what_all_hold();
    if (u == urgency::at_once) flush(out);
}

void replication::flush(outbox& out) {
    for (auto& [copy, c] : copies_) send_new(copy, c, out);
}

const frame& replication::at(const copy_state& c, std::uint64_t position) const {
    return position < c.joins ? c.carried[position + c.carried.size() - c.joins]
                              : kept_[position - base_];
}

void replication::send_new(std::uint16_t copy, copy_state& c, outbox& out) {
    while (c.heard && !c.astray && c.sent < next_) {
        std::size_t segments = 0;
        auto end = c.sent;
        for (; end < next_; ++end) {
            segments += at(c, end).segments().size();
            if (end > c.sent && segments > segments_a_message_max) break;
        }
        send_append(copy, c, c.sent, end, out);
        c.sent = end;
    }
}

void replication::send_append(std::uint16_t copy, const copy_state& c, std::uint64_t first,
                              std::uint64_t end, outbox& out) const {
    const auto to = address_of(copy);
    auto b = message(to);
    auto append = b.root().initAppend();
    append.setTerm(term_);
    append.setFirst(first);
    append.setHeld(held().value_or(0));
    auto frames = append.initFrames(static_cast<unsigned>(end - first));
    for (auto position = first; position < end; ++position)
        pass_on(b, frames[static_cast<unsigned>(position - first)], at(c, position));
    out.push_back({to, b.finish()});
}

void replication::appended(wire::Message::Reader m, outbox& out) {
    const auto a = m.getAppended();
    const auto found = copies_.find(m.getFrom().getCopy());
    if (!leads_ || a.getTerm() != term_ || found == copies_.end()) return;
    auto& c = found->second;
    if (c.incarnation != a.getIncarnation() || c.astray) return;
    if (c.filled != 0 && c.filled != a.getFilled()) return;  // it has not got that far
    if (!c.heard && !first_word(c, a)) return stray(c, out);
    c.held = std::max(c.held, std::min(a.getNext(), next_));
    c.sent = std::max(c.sent, c.held);
    compare(c, a);
    if (c.astray) return stray(c, out);
    note_level(c, out);
    send_new(found->first, c, out);
    forget_what_all_hold();
}

void replication::note_level(copy_state& c, outbox& out) const {
    if (c.member || c.level || c.held < c.joins) return;
    if (!c.waited_for && c.held + settings_.level_within >= next_) {
        c.waited_for = true;
        c.level_at = next_;
        c.carried.clear();
    }
    if (!c.waited_for || c.held < c.level_at) return;
    c.level = true;
    stand(out);
}

// Whether it can be given what it lacks.
bool replication::first_word(copy_state& c, wire::Appended::Reader a) const {
    const auto next = a.getNext();
    const auto oldest = c.member ? base_ : c.joins - c.carried.size();
    if (next < oldest || next > next_) return false;
    c.heard = true;
    c.state = {};
    c.held = c.sent = c.held_then = next;
    return true;
}

void replication::stray(copy_state& c, outbox& out) const {
    c.astray = true;
    stand(out);
}

void replication::note_digest(std::uint64_t count, std::uint32_t digest) {
    if (!digests_.empty() && digests_.back().first + 1 != count) digests_.clear();
    digests_.emplace_back(count, digest);
    if (digests_.size() > digests_max) digests_.pop_front();
}

void replication::compare(copy_state& c, wire::Appended::Reader a) const {
    if (a.getCount() == 0 || digests_.empty() || a.getCount() < digests_.front().first) return;
    const auto i = a.getCount() - digests_.front().first;
    if (i < digests_.size() && digests_[i].second != a.getDigest()) c.astray = true;
}

void replication::forget_what_all_hold() {
    auto needed = next_;
    for (const auto& [copy, c] : copies_) {
        if (c.astray) continue;
        needed = std::min(needed, c.heard ? c.held : c.member ? base_ : c.joins);
    }
    for (; base_ < needed && !kept_.empty(); ++base_) kept_.pop_front();
}

void replication::tick(outbox& out) {
    if (era_ == 0) return;
    stand(out);
    if (!leads_) return;
    const bool full = kept_.size() > settings_.backlog_max;
    std::erase_if(copies_,
                  [&](const auto& c) { return !c.second.heard && !c.second.member && full; });
    forget_what_all_hold();
    for (auto& [copy, c] : copies_) {
        if (c.heard && c.held == c.held_then && c.sent > c.held) c.sent = c.held;
        c.held_then = c.held;
        if (!c.heard) send_append(copy, c, next_, next_, out);
        if (!c.heard && !c.member && is_said_again(++c.beats))
            out.push_back({address_of(copy), c.state});
    }
    flush(out);
}

// ---- a copy

void replication::follow(wire::Follow::Reader f, outbox& out) {
    if (f.getIncarnation() != settings_.incarnation || f.getTerm() < term_) return;
    if (f.getTerm() > term_) {
        leads_ = false;
        copies_.clear();  // what they hold under a newer term is not known here
    }
    term_ = f.getTerm();
    stand(out);
}

bool replication::take(const frame& outer, wire::Append::Reader a,
                       const std::function<void(const frame&)>& each) {
    if (leads_ || a.getTerm() < term_ || term_ == 0) return false;
    term_ = a.getTerm();
    auto position = a.getFirst();
    for (auto wire_frame : a.getFrames()) {
        if (position++ != next_) continue;
        const auto f = passed(outer, wire_frame);
        if (!f) return false;
        if (next_ >= base_) kept_.push_back(*f);
        ++next_;
        each(*f);
    }
    for (; base_ < std::min(a.getHeld(), next_) && !kept_.empty(); ++base_) kept_.pop_front();
    return true;
}

outgoing replication::appended_message(address primary) const {
    auto b = message(primary);
    auto a = b.root().initAppended();
    a.setTerm(term_);
    a.setIncarnation(settings_.incarnation);
    a.setNext(next_);
    a.setFilled(filled_);
    if (!digests_.empty()) {
        a.setCount(digests_.back().first);
        a.setDigest(digests_.back().second);
    }
    return {primary, b.finish()};
}

outgoing replication::empty_handed() const {
    auto b = message(coordinator_address);
    if (leaving_)
        b.root().initLeave().setIncarnation(settings_.incarnation);
    else
        b.root().initReady().setIncarnation(settings_.incarnation);
    return {coordinator_address, b.finish()};
}

void replication::stand(outbox& out) const {
    auto b = message(coordinator_address);
    auto s = b.root().initStanding();
    s.setIncarnation(settings_.incarnation);
    s.setTerm(term_);
    s.setLeads(leads_);
    s.setNext(next_);
    s.setLeaving(leaving_);
    s.setHandsOver(leaving_ && leads_ && !copies_.empty());
    s.setBytes(bytes_);
    s.setBusy(busy_);
    std::vector<copy_life> level, astray;
    for (const auto& [copy, c] : copies_) {
        if (c.level) level.push_back({copy, c.incarnation});
        if (c.astray) astray.push_back({copy, c.incarnation});
    }
    write_copies([&](unsigned n) { return s.initLevel(n); }, level);
    write_copies([&](unsigned n) { return s.initAstray(n); }, astray);
    out.push_back({coordinator_address, b.finish()});
}

}  // namespace slackline
