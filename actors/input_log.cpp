#include "actors/input_log.hpp"

#include <algorithm>
#include <limits>

namespace slackline {

void input_log::append(frame f, urgency u, outbox& out) {
    if (!waits()) return;
    ++next_;
    unsynced_ = u == urgency::can_wait;
    if (log_ != nullptr) {
        grown_bytes_ += f.size_bytes();
        log_->append(f, u);
    }
    if (copies_.active()) copies_.append(std::move(f), u, out);
}

void input_log::mark(frame f) {
    if (log_ == nullptr) return;
    log_->append(std::move(f), urgency::at_once);
    ++next_;
}

void input_log::sync(outbox& out) {
    if (std::exchange(unsynced_, false) && log_ != nullptr) log_->sync();
    if (copies_.active()) copies_.tick(out);
    release(out);
}

// Log and copies count alike, but from other beginnings.
std::uint64_t input_log::held() const {
    const auto held = log_ != nullptr ? durable_ : next_;
    if (!copies_.leads()) return held;
    const auto with_all = copies_.held();
    return with_all ? std::min(held, next_ - (copies_.next() - *with_all)) : 0;
}

void input_log::send(outgoing o, outbox& out) {
    if (waiting_.empty() && held() == next_)
        out.push_back(std::move(o));
    else
        waiting_.emplace_back(next_, std::move(o));
}

void input_log::note(const logged& l, outbox& out) {
    if (reading_) return;  // of what was appended before
    durable_ = std::max(durable_, std::min(l.next, next_));
    release(out);
}

void input_log::release(outbox& out) {
    const auto end = waiting_.empty() ? 0 : held();
    for (; !waiting_.empty() && waiting_.front().first <= end; waiting_.pop_front())
        out.push_back(std::move(waiting_.front().second));
}

void input_log::take(const frame& outer, wire::Message::Reader m,
                     const std::function<void(const frame&, std::uint64_t position)>& each,
                     outbox& out) {
    const auto one = [&](const frame& f) {
        if (log_ != nullptr) {
            grown_bytes_ += f.size_bytes();
            log_->append(f, urgency::at_once);
        }
        each(f, next_++);
    };
    if (copies_.take(outer, m.getAppend(), one))
        send(copies_.appended_message(read_address(m.getFrom())), out);
}

replication::order input_log::lead(wire::Lead::Reader l, outbox& out) {
    auto todo = copies_.lead(l, out);
    if (todo.begins) waiting_.clear();
    release(out);
    return todo;
}

void input_log::follow(wire::Follow::Reader f, outbox& out) {
    const bool led = copies_.leads();
    copies_.follow(f, out);
    if (led && !copies_.leads()) waiting_.clear();
}

void input_log::begin_life(std::uint64_t incarnation) {
    waiting_.clear();
    copies_.begin_life(incarnation);
}

void input_log::begin_anew() {
    read_all(std::numeric_limits<std::uint64_t>::max());
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
    copies_.begin_behind(part.end);
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
