// Where the copies of a part are to be.
#include <fmt/format.h>

#include <algorithm>

#include "actors/copy_list.hpp"

namespace slackline {

namespace {
constexpr std::int64_t away = 10;  // times the dead time: then another place is as good
}

void copy_list::want_first() {
    for (std::uint16_t c = 0; c < copies_.size() && wanted_.size() < settings_.wanted; ++c)
        if (!settings_.removed.contains(c)) wanted_.insert(c);
}

std::vector<std::uint16_t> copy_list::lacking() const {
    std::vector<std::uint16_t> all;
    std::copy_if(wanted_.begin(), wanted_.end(), std::back_inserter(all),
                 [&](std::uint16_t c) { return !members_.contains(c); });
    return all;
}

bool copy_list::place(std::uint16_t at, std::uint16_t instead_of) {
    if (at >= copies_.size() || instead_of >= copies_.size() || wanted_.contains(at) ||
        !wanted_.contains(instead_of) || copies_[at].leaving)
        return false;
    wanted_.insert(at);
    give_up_place(instead_of);
    arrange();
    return true;
}

void copy_list::left(copy_life who) {
    if (who.copy >= copies_.size() || copies_[who.copy].life != who.incarnation) return;
    copies_[who.copy].leaving = true;
    give_up_place(who.copy);
    arrange();
}

// One that is being filled there is so no more.
void copy_list::give_up_place(std::uint16_t at) {
    if (wanted_.erase(at) > 0 && began() && copies_[at].alive() && !members_.contains(at)) ++term_;
}

// One that was heard of since then, is not wanted and does not leave; who is in sync before others.
std::optional<std::uint16_t> copy_list::spare(std::int64_t since_ms) const {
    std::optional<std::uint16_t> found;
    for (std::uint16_t c = 0; c < copies_.size(); ++c) {
        const auto& v = copies_[c];
        if (wanted_.contains(c) || !v.alive() || v.leaving || v.heard_ms < since_ms) continue;
        if (members_.contains(c)) return c;
        if (!found) found = c;
    }
    return found;
}

// As many places as are wanted, where there are so many; and when all that can be are in sync, and
// the journal knows it, nobody elsewhere.
void copy_list::arrange() {
    while (wanted_.size() < settings_.wanted) {
        const auto at = spare(0);
        if (!at) break;
        wanted_.insert(*at);
    }
    if (!began() || !primary_ || !filling().empty() || to_note()) return;
    const auto in_place = static_cast<std::size_t>(
        std::count_if(members_.begin(), members_.end(),
                      [&](const auto& m) { return wanted_.contains(m.first); }));
    for (const auto c : members()) {
        const bool leaves = copies_[c].leaving;
        if (wanted_.contains(c) || in_place < (leaves ? 1 : settings_.wanted)) continue;
        end_life(c, leaves ? "leaves" : "has moved");
    }
}

void copy_list::tick(std::int64_t now_ms) {
    for (auto& c : copies_)
        if (c.heard_ms == 0) c.heard_ms = now_ms;
    if (began()) end_the_silent(now_ms);  // who restores a large model is silent meanwhile
    replace_the_absent(now_ms);
    arrange();
}

void copy_list::end_the_silent(std::int64_t now_ms) {
    const auto heard = [&](const copy_view& c) {
        return c.alive() && now_ms - c.heard_ms <= settings_.dead_ms;
    };
    for (std::uint16_t c = 0; c < copies_.size(); ++c) {
        const auto silent_ms = now_ms - copies_[c].heard_ms;
        if (silent_ms <= settings_.dead_ms) continue;
        const bool spared =
            alone(c) && (settings_.logged || silent_ms <= away * settings_.dead_ms ||
                         std::none_of(copies_.begin(), copies_.end(), heard));
        if (!spared) end_life(c, "says nothing any more");
    }
}

void copy_list::replace_the_absent(std::int64_t now_ms) {
    for (const auto c : std::set(wanted_)) {
        if (alone(c) || now_ms - copies_[c].heard_ms <= away * settings_.dead_ms) continue;
        const auto at = spare(now_ms - settings_.dead_ms);
        if (!at) return;
        wanted_.insert(*at);
        give_up_place(c);
        news_.push_back(fmt::format("{} is away; {} is to be filled instead", name(c), name(*at)));
    }
}

}  // namespace slackline
