// How a coordinator keeps the lists of copies, and what follows from them.
#include <fmt/format.h>

#include <algorithm>

#include "actors/coordinator.hpp"
#include "actors/copies_note.hpp"

namespace slackline {

copy_list& coordinator::list_of(address part) {
    return is_shard(part) ? lists_[part.index] : lists_.back();
}

address coordinator::shard(std::uint32_t s) const {
    if (!has_copies()) return {role::SHARD, s};
    for (const auto& [who, life] : recovering_)
        if (is_shard(who) && who.index == s) return who;
    return {role::SHARD, s, lists_[s].leader().value_or(lists_[s].candidate())};
}

address coordinator::sequencer() const {
    if (!has_copies()) return {role::SEQUENCER, 0};
    return {role::SEQUENCER, 0, lists_.back().leader().value_or(lists_.back().candidate())};
}

std::uint64_t coordinator::sequencer_to_start() const {
    return has_copies() ? lists_.back().life_of(sequencer().copy) : sequencer_seen_;
}

bool coordinator::leads(address who) const {
    if (!is_shard(who) && !is_sequencer(who)) return false;
    if (!has_copies()) return true;
    return (is_shard(who) ? lists_[who.index] : lists_.back()).leader() == who.copy;
}

void coordinator::copy_ready(address who, std::uint64_t life, std::int64_t now_ms, outbox& out) {
    list_of(who).empty_handed({who.copy, life}, now_ms, out);
    settle(now_ms, out);
    if (who.copy != list_of(who).candidate()) return;
    if (phase_ == phase::restoring && is_shard(who) && shard_lives_[who.index] == 0)
        send_restore(who.index, out);
    if (phase_ == phase::starting && is_sequencer(who)) start_sequencer(out);
}

void coordinator::copy_restored(address who, std::uint64_t life, std::int64_t now_ms, outbox& out) {
    auto& list = list_of(who);
    if (list.over({who.copy, life})) return;
    const auto r = recovering_.find(who);
    const bool recovers = r != recovering_.end() && r->second == life;
    if (!recovers && (phase_ != phase::restoring || shard_lives_[who.index] != 0 ||
                      life < list.life_of(who.copy)))
        return;
    if (recovers) recovering_.erase(r);
    shard_lives_[who.index] = life;
    restores_[who.index] = {};
    list.restored({who.copy, life});
    if (recovers) return recovered(now_ms, out);
    settle(now_ms, out);
    if (phase_ == phase::restoring) all_restored(now_ms, out);
}

void coordinator::stands(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto who = read_address(m.getFrom());
    if (!has_copies() || (!is_shard(who) && !is_sequencer(who))) return;
    if (m.getEra() > era_) return fail_of_newer(who, m.getEra());
    const auto s = m.getStanding();
    if (m.getEra() < era_) return copy_ready(who, s.getIncarnation(), now_ms, out);
    list_of(who).stands(who.copy, s, now_ms, out);
    settle(now_ms, out);
}

void coordinator::disconnected(address who, std::int64_t now_ms, outbox& out) {
    if (!has_copies() || phase_ == phase::idle || (!is_shard(who) && !is_sequencer(who))) return;
    if (now_ms < trusts_until_ms_ || now_ms - ticked_ms_ > settings_.dead_ms) return;
    list_of(who).disconnected(who.copy);
    settle(now_ms, out);
}

void coordinator::left(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto who = read_address(m.getFrom());
    if (!has_copies() || (!is_shard(who) && !is_sequencer(who))) return;
    list_of(who).left({who.copy, m.getLeave().getIncarnation()});
    settle(now_ms, out);
}

void coordinator::place(wire::Place::Reader p, std::int64_t now_ms, outbox& out) {
    const auto at = read_address(p.getPart());
    if (!has_copies() || (!is_shard(at) && !is_sequencer(at))) return;
    if (!list_of(at).place(at.copy, p.getInsteadOf())) return;
    observer_.happened(fmt::format("{} moves: copy {} is to be filled, and copy {} ends then",
                                   part_name(at), at.copy, p.getInsteadOf()));
    settle(now_ms, out);
}

// Who was late itself judges nobody: it gives everyone a new dead time.
void coordinator::tick_copies(std::int64_t now_ms, outbox& out) {
    if (!has_copies()) return;
    const auto ticked_ms = std::exchange(ticked_ms_, now_ms);
    if (ticked_ms != 0 && now_ms - ticked_ms > settings_.dead_ms) {
        trusts_until_ms_ = now_ms + settings_.dead_ms;
        for (auto& l : lists_) l.postpone(now_ms);
    }
    for (auto& l : lists_) l.tick(now_ms);
    if (std::exchange(unnoted_, false)) note_lists();
    settle(now_ms, out);
    if (unnoted_) return;
    for (auto& l : lists_) l.send(true, out);
    if (now_ms - told_ms_ < settings_.resend_ms) return;
    told_ms_ = now_ms;
    send_primaries(out);
    // Who was cut off when it began may write to places that do not answer any more.
    if (phase_ == phase::serving && !workers_wait_ms_) start_workers(out);
}

void coordinator::adopt_lists(std::int64_t now_ms, outbox& out) {
    const auto line = store_.copies_of(era_);
    if (!line) return fail(line.error().sentence);
    const auto notes = read_notes(*line, lists_.size());
    const auto never_led = [](const auto& n) { return n.term == 0 || n.members.empty(); };
    if (!notes || std::any_of(notes->begin(), notes->end(), never_led))
        return begin_era("the coordinator came back, and the era had not begun yet", now_ms, out);
    leaders_.assign(lists_.size(), std::nullopt);
    ticked_ms_ = now_ms;
    for (std::size_t i = 0; i < lists_.size(); ++i) lists_[i].adopt(era_, (*notes)[i], now_ms);
}

void coordinator::settle(std::int64_t now_ms, outbox& out) {
    if (phase_ == phase::ended) return;
    for (auto& l : lists_)
        for (const auto& sentence : l.take_news()) observer_.happened(sentence);
    for (auto& l : lists_)
        if (l.lost() && !recover_list(l, now_ms, out)) return;
    if (unnoted_) return;  // the next heartbeat tries again: nothing of it was used yet
    if (std::any_of(lists_.begin(), lists_.end(), [](const auto& l) { return l.to_note(); }))
        note_lists();
    if (unnoted_) return;
    for (auto& l : lists_) l.send(false, out);
    note_leaders(now_ms, out);
    tell_copies();
    if (phase_ == phase::adopting && all_led()) {
        take_over(now_ms, out);
        send_primaries(out);
    }
    begin_workers(now_ms, out);
}

void coordinator::note_lists() {
    std::vector<copy_list::note> notes;
    for (auto& l : lists_) notes.push_back(l.to_note() ? l.take_note() : l.noted());
    const auto noted = store_.note_copies(era_, write_notes(notes));
    unnoted_ = !noted;
    if (!noted)
        observer_.warned(noted.error().sentence + "; until it is written no copy is promoted");
}

// False where a new era begins.
bool coordinator::recover_list(copy_list& list, std::int64_t now_ms, outbox& out) {
    if (!settings_.logged || phase_ == phase::restoring) {
        begin_era(fmt::format("every copy of {} was lost", part_name(list.part())), now_ms, out);
        return false;
    }
    // One log at a time: what two of them gave would be two primaries.
    std::erase_if(recovering_, [&](const auto& r) {
        return is_sequencer(r.first) == is_sequencer(list.part()) &&
               r.first.index == list.part().index && !list.lives({r.first.copy, r.second});
    });
    for (const auto& [who, life] : recovering_)
        if (is_sequencer(who) == is_sequencer(list.part()) && who.index == list.part().index)
            return true;
    const auto last = list.back();
    if (!last) return true;  // their logs are all that is left of it: they are waited for
    auto who = list.part();
    who.copy = last->copy;
    const auto era = era_;
    recover(who, last->incarnation, now_ms, out);
    return era == era_ && phase_ != phase::ended;
}

// Who answers from now on is told to those who ask.
void coordinator::note_leaders(std::int64_t now_ms, outbox& out) {
    bool changed = false;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
        const auto leader = lists_[i].leader();
        if (!leader || leaders_[i] == leader) continue;
        changed = true;
        if (leaders_[i]) cuts_got_lost(now_ms);
        leaders_[i] = leader;
    }
    if (changed) send_primaries(out);
}

// What a former primary had of them is gone, an early stop too; items may be found open.
void coordinator::cuts_got_lost(std::int64_t now_ms) {
    in_flight_ms_.reset();
    held_behind_.reset();
    if (wanted_.open()) wanted_.begin(now_ms, settings_.cut_soon_ms);
    final_.end();
    final_published_ = final_evaluated_ = false;
}

void coordinator::tell_copies() {
    std::vector<part_copies> parts;
    for (const auto& l : lists_) {
        part_copies p{
            l.part(), l.leader().has_value(), settings_.copies, l.members(), l.lacking(), l.bytes(),
            l.busy()};
        p.part.copy = l.leader().value_or(0);
        if (l.lost()) p.lacking.clear();
        for (const auto& m : l.lost() ? l.noted().members : std::vector<copy_life>())
            p.lacking.push_back(m.copy);  // one of their logs is waited for
        parts.push_back(std::move(p));
    }
    const bool same =
        std::equal(parts.begin(), parts.end(), copies_told_.begin(), copies_told_.end(),
                   [](const auto& now, const auto& told) { return now.tells_the_same_as(told); });
    if (same || phase_ == phase::adopting) return;
    copies_told_ = parts;
    observer_.copies(parts);
}

void coordinator::send_primaries(outbox& out) const {
    const auto send = [&](address to) {
        auto b = message(to);
        auto p = b.root().initPrimaries();
        const auto write = [](const copy_list& list, wire::Primary::Builder to_one) {
            if (!list.leader()) return;
            to_one.setCopy(*list.leader());
            to_one.setTerm(list.leads_since());
        };
        write(lists_.back(), p.initSequencer());
        auto shards = p.initShards(map_->shards());
        for (std::uint32_t s = 0; s < map_->shards(); ++s) write(lists_[s], shards[s]);
        out.push_back({to, b.finish()});
    };
    for (std::uint32_t w = 0; w < workers_; ++w) send({role::WORKER, w});
    send(sequencer());
}

bool coordinator::all_led() const {
    return std::all_of(lists_.begin(), lists_.end(),
                       [](const auto& l) { return l.leader().has_value(); });
}

// What is acknowledged before a part's copies are filled would be lost with it.
void coordinator::begin_workers(std::int64_t now_ms, outbox& out) {
    if (!workers_wait_ms_ || phase_ != phase::serving) return;
    const bool complete =
        std::all_of(lists_.begin(), lists_.end(), [](const auto& l) { return l.complete(); });
    if (!complete && now_ms - *workers_wait_ms_ < 2 * settings_.dead_ms) return;
    workers_wait_ms_.reset();
    start_workers(out);
    send_primaries(out);
}

}  // namespace slackline
