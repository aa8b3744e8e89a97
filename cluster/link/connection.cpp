#include "cluster/link/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slackline {

namespace {

constexpr std::size_t pieces_a_write_max = 60;
constexpr std::size_t small_body_bytes = 4'096;
constexpr auto last_words_limit = std::chrono::seconds(1);

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

connection::connection(boost::asio::io_context& context, const clock_edge& clock,
                       std::unique_ptr<byte_stream> stream, session_settings settings,
                       buffer_source memory, events told)
    : clock_(clock),
      stream_(std::move(stream)),
      session_(std::move(settings)),
      receiver_(session_.limits(stream_->checksummed()), std::move(memory), small_body_bytes),
      told_(std::move(told)),
      last_words_(context) {}

void connection::begin() {
    session_.begin(clock_.now_ms());
    send_session();
    read_on();
}

void connection::read_on() {
    if (over_) return;
    stream_->read_some(receiver_.room(), [self = shared_from_this()](stream_progress p) {
        self->took(std::move(p));
    });
}

void connection::took(stream_progress p) {
    if (over_) return;
    if (!p.error.empty()) return over(fmt::format("{}: {}", session_.peer_name(), p.error));
    counters_.bytes_received += p.bytes;
    session_.heard(p.bytes, clock_.now_ms());
    std::vector<frame> frames;
    const auto ok = receiver_.took(p.bytes, frames);
    deliver(std::move(frames));
    if (over_) return;
    if (!ok) return close(ok.error().sentence);
    read_on();
}

void connection::deliver(std::vector<frame> frames) {
    for (auto& f : frames) {
        ++counters_.frames_received;
        frame_reader reader(f);
        const auto m = reader.root();
        const auto outside = session_.take(f, m);
        receiver_.set_limits(session_.limits(stream_->checksummed()));
        send_session();
        if (!outside)
            return m.isGoodbye() ? over(outside.error().sentence) : close(outside.error().sentence);
        if (session_.open() && !was_open_) {
            was_open_ = true;
            told_.opened();
        }
        if (over_) return;
        if (*outside) told_.arrived(f, m);
        if (over_) return;
    }
}

void connection::send_session() {
    for (const auto& f : session_.outgoing()) push(f);
}

void connection::send(const frame& f) {
    if (over_ || !session_.open()) return;
    const auto* identity = f.owner().get();
    const bool there = std::any_of(queue_.begin(), queue_.end(),
                                   [&](const waiting& w) { return w.identity == identity; });
    if (!there) push(f);
}

void connection::push(const frame& f) {
    auto bytes = encode(f, stream_->checksummed() ? checksum::present : checksum::absent);
    const bool full =
        !queue_.empty() && (queue_.size() >= queue_frames_max || queue_bytes_ >= queue_bytes_max);
    if (full || !bytes) {
        ++counters_.overflowed;
        return;
    }
    const auto size = bytes->size_bytes();
    queue_bytes_ += size;
    queue_.push_back({std::move(*bytes), f.owner().get(), size});
    if (writing_ == 0) write_on();
}

void connection::write_on() {
    if (queue_.empty()) return;
    byte_stream::pieces pieces;
    std::size_t n = 0;
    for (; n < queue_.size(); ++n) {
        const auto& more = queue_[n].bytes.pieces();
        if (n > 0 && pieces.size() + more.size() > pieces_a_write_max) break;
        pieces.insert(pieces.end(), more.begin(), more.end());
    }
    writing_ = n;
    stream_->write(pieces, [self = shared_from_this()](stream_progress p) {
        auto& s = *self;
        if (!p.error.empty()) return s.over(fmt::format("{}: {}", s.session_.peer_name(), p.error));
        s.counters_.bytes_sent += p.bytes;
        s.counters_.frames_sent += s.writing_;
        for (; s.writing_ > 0; --s.writing_) {
            s.queue_bytes_ -= s.queue_.front().size;
            s.queue_.pop_front();
        }
        s.write_on();
        if (s.over_ && s.queue_.empty()) s.stream_->close();
    });
}

void connection::tick() {
    if (over_) return;
    if (auto ok = session_.tick(clock_.now_ms()); !ok) return close(ok.error().sentence);
    send_session();
}

void connection::close(const std::string& why) {
    if (over_) return;
    for (; queue_.size() > writing_; queue_.pop_back()) queue_bytes_ -= queue_.back().size;
    if (!why.empty()) push(make_goodbye(why));
    over_ = true;
    last_words_.expires_after(last_words_limit);
    last_words_.async_wait([self = shared_from_this()](auto) { self->stream_->close(); });
    if (queue_.empty()) stream_->close();
    told_.closed(why);
}

void connection::over(const std::string& why) {
    stream_->close();
    last_words_.cancel();
    if (std::exchange(over_, true)) return;
    told_.closed(why);
}

link_counters connection::counters() const {
    auto c = counters_;
    c.reads = stream_->reads();
    c.writes = stream_->writes();
    c.copied_bytes = receiver_.copied_bytes();
    return c;
}

}  // namespace slackline
