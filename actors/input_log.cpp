#include "actors/input_log.hpp"

#include <algorithm>

namespace slackline {

void input_log::append(frame f, urgency u) {
    if (log_ == nullptr) return;
    grown_bytes_ += f.size_bytes();
    log_->append(std::move(f), u);
    ++next_;
    unsynced_ = u == urgency::can_wait;
}

void input_log::sync() {
    if (std::exchange(unsynced_, false)) log_->sync();
}

void input_log::send(outgoing o, outbox& out) {
    if (durable_ == next_)
        out.push_back(std::move(o));
    else
        waiting_.emplace_back(next_, std::move(o));
}

void input_log::note(const logged& l, outbox& out) {
    if (reading_) return;  // of what was appended before
    durable_ = std::max(durable_, std::min(l.next, next_));
    for (; !waiting_.empty() && waiting_.front().first <= durable_; waiting_.pop_front())
        out.push_back(std::move(waiting_.front().second));
}

void input_log::read_all(std::uint64_t era) {
    waiting_.clear();
    cuts_.clear();
    grown_bytes_ = 0;
    found_ = false;
    if (log_ == nullptr) return;
    reading_ = true;
    era_ = era;
    era_begins_.reset();
    log_->read(0, ++reads_);
}

bool input_log::take(const logged_part& part,
                     const std::function<void(const frame&, std::uint64_t position)>& each) {
    if (!reading_ || part.tag != reads_) return false;
    auto position = part.first;
    for (const auto& f : part.frames) {
        const auto of = f.envelope().era;
        if (of >= era_ && !era_begins_) era_begins_ = position;
        if (of == era_) {
            found_ = true;
            each(f, position);
        }
        ++position;
    }
    if (position < part.end) {
        log_->read(position, reads_);
        return false;
    }
    reading_ = false;
    next_ = durable_ = part.end;
    log_->trim(era_begins_.value_or(part.end));
    return true;
}

void input_log::note_cut(std::uint64_t entries, std::uint64_t position) {
    cuts_[entries] = position;
    grown_bytes_ = 0;
}

bool input_log::has_grown_by(std::uint64_t bytes) {
    if (grown_bytes_ < bytes) return false;
    grown_bytes_ = 0;
    return true;
}

void input_log::kept(std::uint64_t entries) {
    const auto behind = cuts_.upper_bound(entries);
    if (behind == cuts_.begin()) return;
    const auto cut = std::prev(behind);  // that one, or an older one that is known here
    if (log_ != nullptr) log_->trim(cut->second);
    cuts_.erase(cuts_.begin(), cut);
}

}  // namespace slackline
