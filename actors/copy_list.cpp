#include "actors/copy_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slackline {

namespace {
constexpr address coordinator_address{role::COORDINATOR, 0};
}

std::string part_name(address a) {
    return a.role == role::SEQUENCER ? "the sequencer" : fmt::format("shard {}", a.index);
}

std::string copy_list::name(std::uint16_t copy) const {
    return fmt::format("copy {} of {}", copy, part_name(settings_.part));
}

address copy_list::address_of(std::uint16_t copy) const {
    return {settings_.part.role, settings_.part.index, copy};
}

frame_builder copy_list::message(std::uint16_t copy) const {
    return {coordinator_address, address_of(copy), settings_.run, era_};
}

void copy_list::begin_era(std::uint64_t era) {
    era_ = era;
    term_ = chosen_in_ = 0;
    primary_.reset();
    members_.clear();
    led_ = {};
    in_vain_.clear();
    for (auto& c : copies_) {
        c.holds = c.leads = false;
        c.told = {};
    }
}

void copy_list::restored(copy_life who) {
    auto& c = copies_[who.copy];
    c.life = std::max(c.life, who.incarnation);
    members_ = {{who.copy, who.incarnation}};
    primary_ = who.copy;
    chosen_in_ = ++term_;
    in_vain_.clear();
    wanted_.insert(who.copy);
    while (wanted_.size() > settings_.wanted)
        wanted_.erase(*wanted_.rbegin() != who.copy ? *wanted_.rbegin() : *wanted_.begin());
}

void copy_list::adopt(std::uint64_t era, const note& left, std::int64_t now_ms) {
    begin_era(era);
    term_ = left.term + 1;  // whom the former coordinator had filled is not known here
    led_ = left;
    wanted_.clear();
    for (const auto& m : left.members) {
        if (m.copy >= copies_.size()) continue;
        members_[m.copy] = copies_[m.copy].life = m.incarnation;
        if (wanted_.size() < settings_.wanted) wanted_.insert(m.copy);
    }
    want_first();
    postpone(now_ms);
}

bool copy_list::to_note() const {
    return primary_ && term_ != led_.term;
}

copy_list::note copy_list::take_note() {
    led_ = {term_, {}};
    for (const auto& [copy, life] : members_) led_.members.push_back({copy, life});
    return led_;
}

std::optional<copy_life> copy_list::back() const {
    if (!lost()) return std::nullopt;
    for (const auto& m : led_.members) {
        const auto& c = copies_[m.copy];
        if (c.alive() && c.life > m.incarnation && !in_vain_.contains(m.copy))
            return copy_life{m.copy, c.life};
    }
    return std::nullopt;
}

bool copy_list::was_in_vain(std::uint16_t copy) {
    in_vain_.insert(copy);
    return std::any_of(led_.members.begin(), led_.members.end(),
                       [&](const auto& m) { return !in_vain_.contains(m.copy); });
}

std::uint16_t copy_list::candidate() const {
    for (const auto c : wanted_)
        if (copies_[c].alive()) return c;
    if (const auto at = spare(0); wanted_.empty() && at) return *at;
    return wanted_.empty() ? 0 : *wanted_.begin();
}

// A newer life ends those before it.
void copy_list::meets(copy_life who, std::int64_t now_ms) {
    auto& c = copies_[who.copy];
    c.heard_ms = now_ms;
    if (who.incarnation <= c.life) return;
    end_life(who.copy, "was lost and came back");
    c.life = who.incarnation;
    c.holds = c.leads = c.leaving = false;
    c.term = c.next = c.bytes = 0;
    c.told = {};
}

void copy_list::end_life(std::uint16_t copy, const char* why) {
    auto& c = copies_[copy];
    if (!c.alive()) return;
    c.dead = c.life;
    if (!began()) return;
    const bool concerns = wanted_.contains(copy) || members_.contains(copy) || c.holds;
    if (members_.erase(copy) > 0)
        news_.push_back(fmt::format("{} {}; {} in sync", name(copy), why, members_.size()));
    if (primary_ == copy) primary_.reset();
    if (concerns) ++term_;
}

void copy_list::empty_handed(copy_life who, std::int64_t now_ms, outbox& out) {
    if (who.copy >= copies_.size() || who.incarnation < copies_[who.copy].life) return;
    if (who.incarnation <= copies_[who.copy].dead) return fence(who, out);
    meets(who, now_ms);
    arrange();
}

void copy_list::stands(std::uint16_t copy, wire::Standing::Reader s, std::int64_t now_ms,
                       outbox& out) {
    if (copy >= copies_.size() || s.getIncarnation() < copies_[copy].life) return;
    auto& c = copies_[copy];
    if (s.getIncarnation() <= c.dead) return fence({copy, s.getIncarnation()}, out);
    meets({copy, s.getIncarnation()}, now_ms);
    c.holds = true;
    c.leads = s.getLeads();
    c.term = s.getTerm();
    c.next = s.getNext();
    c.bytes = s.getBytes();
    c.busy = s.getBusy();
    if (!began()) return;
    // One of a list that a former coordinator ended, or that has moved.
    if (!members_.contains(copy) && (c.leads || !wanted_.contains(copy))) {
        end_life(copy, "is not in sync");
        return fence({copy, s.getIncarnation()}, out);
    }
    if (members_.contains(copy) && !primary_) {  // a former coordinator may have told it so
        term_ = std::max(term_, c.term);
        if (c.leads) {
            primary_ = copy;
            chosen_in_ = term_;
        }
    }
    if (primary_ == copy && c.leads && c.term == term_) heed_primary(s);
    if (s.getLeaving() && !c.leaving) {
        c.leaving = true;
        give_up_place(copy);
    }
    arrange();
    if (!primary_) choose();
}

// Whom it has filled, it waits for since; who is not what it is, is none of them.
void copy_list::heed_primary(wire::Standing::Reader s) {
    const auto known = [&](const copy_life& l) {
        return l.copy < copies_.size() && copies_[l.copy].life == l.incarnation &&
               copies_[l.copy].alive();
    };
    for (const auto& l : read(s.getLevel())) {
        if (!known(l) || !wanted_.contains(l.copy) ||
            !members_.emplace(l.copy, l.incarnation).second)
            continue;
        news_.push_back(fmt::format("{} is in sync; {} are, of {} that are wanted", name(l.copy),
                                    members_.size(), settings_.wanted));
        ++term_;
    }
    for (const auto& l : read(s.getAstray()))
        if (known(l)) end_life(l.copy, "does not hold what its primary does");
}

// When every member has refused the former primary.
void copy_list::choose() {
    const auto ready = [&](const auto& m) {
        return copies_[m.first].holds && copies_[m.first].term == term_;
    };
    if (members_.empty() || !std::all_of(members_.begin(), members_.end(), ready)) return;
    const auto most =
        std::max_element(members_.begin(), members_.end(), [&](const auto& a, const auto& b) {
            return copies_[a.first].next < copies_[b.first].next;
        });
    primary_ = most->first;
    chosen_in_ = term_;
    news_.push_back(fmt::format("{} is its primary now", name(most->first)));
}

void copy_list::disconnected(std::uint16_t copy) {
    if (began() && copy < copies_.size() && !alone(copy))
        end_life(copy, "is not connected any more");
}

void copy_list::postpone(std::int64_t now_ms) {
    for (auto& c : copies_) c.heard_ms = now_ms;
}

std::vector<copy_life> copy_list::filling() const {
    std::vector<copy_life> all;
    for (std::uint16_t c = 0; c < copies_.size(); ++c)
        if (copies_[c].alive() && wanted_.contains(c) && !members_.contains(c))
            all.push_back({c, copies_[c].life});
    return all;
}

std::vector<std::uint16_t> copy_list::members() const {
    std::vector<std::uint16_t> all;
    for (const auto& m : members_) all.push_back(m.first);
    return all;
}

std::uint64_t copy_list::bytes() const {
    return primary_ ? copies_[*primary_].bytes : 0;
}

std::uint32_t copy_list::busy() const {
    return primary_ ? copies_[*primary_].busy : 0;
}

std::optional<std::uint16_t> copy_list::leader() const {
    if (!primary_ || !copies_[*primary_].leads || !copies_[*primary_].alive()) return std::nullopt;
    return primary_;
}

bool copy_list::complete() const {
    return leader().has_value() && filling().empty();
}

void copy_list::send(bool again, outbox& out) {
    if (!began()) return;
    if (primary_) return send_lead(again, out);
    for (const auto& [copy, life] : members_) {
        auto& c = copies_[copy];
        if (!c.holds || c.term >= term_ || (!again && c.told.first == term_)) continue;
        c.told = {term_, {}};
        auto b = message(copy);
        auto follow = b.root().initFollow();
        follow.setIncarnation(life);
        follow.setTerm(term_);
        out.push_back({address_of(copy), b.finish()});
    }
}

void copy_list::send_lead(bool again, outbox& out) {
    auto& c = copies_[*primary_];
    const auto fill = filling();
    const bool news = c.told != std::pair(term_, fill);
    const bool heeded = c.leads && c.term == term_ && fill.empty();
    if (!news && (heeded || !again)) return;
    c.told = {term_, fill};
    auto b = message(*primary_);
    auto lead = b.root().initLead();
    lead.setIncarnation(members_.at(*primary_));
    lead.setTerm(term_);
    std::vector<copy_life> others;
    for (const auto& [copy, life] : members_)
        if (copy != *primary_) others.push_back({copy, life});
    write_copies([&](unsigned n) { return lead.initMembers(n); }, others);
    write_copies([&](unsigned n) { return lead.initFilling(n); }, fill);
    out.push_back({address_of(*primary_), b.finish()});
}

void copy_list::fence(copy_life who, outbox& out) const {
    auto b = message(who.copy);
    auto fenced = b.root().initFenced();
    fenced.setIncarnation(who.incarnation);
    fenced.setSentence(name(who.copy) + " was declared dead; it begins anew");
    out.push_back({address_of(who.copy), b.finish()});
}

std::vector<std::string> copy_list::take_news() {
    return std::exchange(news_, {});
}

}  // namespace slackline
