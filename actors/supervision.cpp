#include "actors/supervision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slackline {

supervision::supervision(supervision_rules rules)
    : rules_(std::move(rules)),
      lives_(rules_.children.size(), life::down),
      kill_at_ms_(rules_.children.size(), 0) {}

supervision_commands supervision::start(std::int64_t now_ms) {
    for (std::size_t c = 0; c < lives_.size(); ++c) to_start_.insert(c);
    return advance(now_ms);
}

supervision_commands supervision::started(std::size_t child, std::int64_t now_ms) {
    lives_[child] = life::up;
    return advance(now_ms);
}

supervision_commands supervision::start_failed(std::size_t child, const std::string& why,
                                               std::int64_t now_ms) {
    lives_[child] = life::down;
    const auto sentence =
        fmt::format("{} could not be started: {}", rules_.children[child].name, why);
    if (!ending_ && (first_start_ || !another_restart(now_ms)))
        give_up(sentence);
    else if (!ending_)
        restart(child);
    return advance(now_ms);
}

supervision_commands supervision::exited(std::size_t child, exit_kind how, const std::string& why,
                                         std::int64_t now_ms) {
    const auto before = lives_[child];
    lives_[child] = life::down;
    const bool expected =
        before == life::stopping || before == life::killed || ending_ || to_stop_.contains(child);
    const auto& rule = rules_.children[child];
    const bool again = rule.restart == restart_kind::permanent ||
                       (rule.restart == restart_kind::transient && how == exit_kind::abnormal);
    if (!expected && again) {
        if (another_restart(now_ms))
            restart(child);
        else
            give_up(fmt::format("{} ended more than {} times within {} ms, the last time: {}",
                                rule.name, rules_.restarts_max, rules_.period_ms, why));
    }
    return advance(now_ms);
}

supervision_commands supervision::add(child_rule rule, std::int64_t now_ms) {
    rules_.children.push_back(std::move(rule));
    lives_.push_back(life::down);
    kill_at_ms_.push_back(0);
    return start_again(lives_.size() - 1, now_ms);
}

supervision_commands supervision::start_again(std::size_t child, std::int64_t now_ms) {
    if (!ending_ && lives_[child] == life::down) to_start_.insert(child);
    return advance(now_ms);
}

supervision_commands supervision::stop(std::int64_t now_ms) {
    if (!ending_) {
        ending_ = true;
        to_start_.clear();
    }
    return advance(now_ms);
}

supervision_commands supervision::tick(std::int64_t now_ms) {
    supervision_commands out;
    for (std::size_t c = 0; c < lives_.size(); ++c)
        if (lives_[c] == life::stopping && now_ms >= kill_at_ms_[c]) {
            lives_[c] = life::killed;
            out.push_back({supervision_step::kill, c});
        }
    return out;
}

bool supervision::another_restart(std::int64_t now_ms) {
    restarted_ms_.push_back(now_ms);
    while (restarted_ms_.front() < now_ms - rules_.period_ms) restarted_ms_.pop_front();
    if (restarted_ms_.size() > rules_.restarts_max) return false;
    ++restarts_total_;
    return true;
}

void supervision::restart(std::size_t child) {
    to_start_.insert(child);
    if (rules_.strategy == strategy::one_for_one) return;
    const std::size_t first = rules_.strategy == strategy::one_for_all ? 0 : child + 1;
    for (std::size_t c = first; c < lives_.size(); ++c) {
        if (c == child) continue;
        if (lives_[c] == life::up || lives_[c] == life::starting) to_stop_.insert(c);
        if (rules_.children[c].restart != restart_kind::temporary) to_start_.insert(c);
    }
}

void supervision::give_up(const std::string& why) {
    if (ending_) return;
    ending_ = true;
    reason_ = why;
    to_start_.clear();
}

bool supervision::busy() const {
    return std::any_of(lives_.begin(), lives_.end(), [](life l) {
        return l == life::starting || l == life::stopping || l == life::killed;
    });
}

supervision_commands supervision::advance(std::int64_t now_ms) {
    if (over_ || busy()) return {};
    if (ending_)
        for (std::size_t c = 0; c < lives_.size(); ++c)
            if (lives_[c] == life::up) to_stop_.insert(c);
    if (!to_stop_.empty()) {
        const auto last = *to_stop_.rbegin();
        to_stop_.erase(last);
        if (lives_[last] != life::up) return advance(now_ms);
        lives_[last] = life::stopping;
        kill_at_ms_[last] = now_ms + rules_.children[last].shutdown_ms;
        return {{supervision_step::stop, last}};
    }
    if (ending_) {
        over_ = true;
        return {{supervision_step::end, 0, reason_}};
    }
    if (!to_start_.empty()) {
        const auto first = *to_start_.begin();
        to_start_.erase(to_start_.begin());
        lives_[first] = life::starting;
        return {{supervision_step::start, first}};
    }
    first_start_ = false;
    return {};
}

}  // namespace slackline
