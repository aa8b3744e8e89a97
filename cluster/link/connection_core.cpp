#include "cluster/link/connection_core.hpp"

#include <algorithm>
#include <utility>

namespace slackline {

namespace {

constexpr std::size_t pieces_a_write_max = 60;
constexpr std::size_t small_body_bytes = 4'096;

}  // namespace

void link_counters::add(const link_counters& other) {
    frames_sent += other.frames_sent;
    frames_received += other.frames_received;
    bytes_sent += other.bytes_sent;
    bytes_received += other.bytes_received;
    writes += other.writes;
    reads += other.reads;
    copied_bytes += other.copied_bytes;
    overflowed += other.overflowed;
}

connection_core::connection_core(session_settings settings, bool checksummed, buffer_source memory,
                                 connection_events told)
    : session_(std::move(settings)),
      checksummed_(checksummed),
      receiver_(session_.limits(checksummed), std::move(memory), small_body_bytes),
      told_(std::move(told)) {}

void connection_core::begin(std::int64_t now_ms) {
    session_.begin(now_ms);
    send_session();
}

void connection_core::tick(std::int64_t now_ms) {
    if (over_) return;
    if (auto ok = session_.tick(now_ms); !ok) return close(ok.error().sentence);
    send_session();
}

void connection_core::took(std::size_t bytes, std::int64_t now_ms) {
    if (over_) return;
    counters_.bytes_received += bytes;
    session_.heard(bytes, now_ms);
    std::vector<frame> frames;
    const auto ok = receiver_.took(bytes, frames);
    for (const auto& f : frames) {
        deliver(f);
        if (over_) return;
    }
    if (!ok) close(ok.error().sentence);
}

void connection_core::deliver(const frame& f) {
    ++counters_.frames_received;
    const auto outside = session_.take(f);
    receiver_.set_limits(session_.limits(checksummed_));
    send_session();
    if (!outside)
        return f.envelope().kind == wire::Message::GOODBYE ? lost(outside.error().sentence)
                                                           : close(outside.error().sentence);
    if (session_.open() && !was_open_) {
        was_open_ = true;
        told_.opened();
    }
    if (*outside && !over_) told_.arrived(f);
}

void connection_core::send_session() {
    for (const auto& f : session_.outgoing()) push(f);
}

void connection_core::send(const frame& f) {
    if (over_ || !session_.open()) return;
    const auto* identity = f.owner().get();
    const bool there = std::any_of(queue_.begin(), queue_.end(),
                                   [&](const waiting& w) { return w.identity == identity; });
    if (!there) push(f);
}

void connection_core::push(const frame& f) {
    auto bytes = encode(f, checksummed_ ? checksum::present : checksum::absent);
    const bool full =
        !queue_.empty() && (queue_.size() >= queue_frames_max || queue_bytes_ >= queue_bytes_max);
    if (full || !bytes) {
        ++counters_.overflowed;
        return;
    }
    const auto size = bytes->size_bytes();
    queue_bytes_ += size;
    queue_.push_back({std::move(*bytes), f.owner().get(), size});
}

const connection_core::pieces& connection_core::next_write() {
    pieces_.clear();
    if (writing_ > 0 || mute_) return pieces_;
    for (; writing_ < queue_.size(); ++writing_) {
        const auto& more = queue_[writing_].bytes.pieces();
        if (writing_ > 0 && pieces_.size() + more.size() > pieces_a_write_max) break;
        pieces_.insert(pieces_.end(), more.begin(), more.end());
    }
    return pieces_;
}

void connection_core::wrote() {
    counters_.frames_sent += writing_;
    for (; writing_ > 0; --writing_) {
        counters_.bytes_sent += queue_.front().size;
        queue_bytes_ -= queue_.front().size;
        queue_.pop_front();
    }
}

void connection_core::close(const std::string& why) {
    if (over_) return;
    for (; queue_.size() > writing_; queue_.pop_back()) queue_bytes_ -= queue_.back().size;
    if (!why.empty()) push(make_goodbye(why));
    over_ = true;
    told_.closed(why);
}

// What a write has stays in the queue: the stream may still read it.
void connection_core::lost(const std::string& why) {
    mute_ = true;
    if (std::exchange(over_, true)) return;
    told_.closed(why);
}

link_counters connection_core::counters() const {
    auto c = counters_;
    c.copied_bytes = receiver_.copied_bytes();
    return c;
}

}  // namespace slackline
