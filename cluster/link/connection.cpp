#include "cluster/link/connection.hpp"

#include <fmt/format.h>

#include <utility>

namespace slackline {

namespace {

constexpr auto last_words_limit = std::chrono::seconds(1);

}  // namespace

connection::connection(boost::asio::io_context& context, const clock_edge& clock,
                       write_turns& turns, std::unique_ptr<byte_stream> stream,
                       session_settings settings, buffer_source memory, events told)
    : clock_(clock),
      turns_(turns),
      stream_(std::move(stream)),
      core_(std::move(settings), stream_->checksummed(), std::move(memory), std::move(told)),
      last_words_(context) {}

void connection::begin() {
    core_.begin(clock_.now_ms());
    settle();
    read_on();
}

void connection::read_on() {
    if (core_.over()) return;
    stream_->read_some(core_.room(),
                       [self = shared_from_this()](const stream_progress& p) { self->took(p); });
}

void connection::took(const stream_progress& p) {
    if (core_.over()) return;
    if (!p.error.empty()) return lost(p.error);
    {
        const write_turns::turn turn(turns_);
        core_.took(p.bytes, clock_.now_ms());
        turns_.want(shared_from_this());
    }
    read_on();
}

void connection::send(const frame& f) {
    core_.send(f);
    turns_.want(shared_from_this());
}

void connection::write_on() {
    for (;;) {
        const auto& pieces = core_.next_write();
        if (pieces.empty()) return;
        const bool written =
            stream_->write(pieces, [self = shared_from_this()](const stream_progress& p) {
                if (!p.error.empty()) return self->lost(p.error);
                self->core_.wrote();
                self->settle();
            });
        if (!written) return;
        core_.wrote();
    }
}

void connection::tick() {
    const auto self = shared_from_this();  // whoever hears of the end may let go of it
    core_.tick(clock_.now_ms());
    settle();
}

void connection::close(const std::string& why) {
    const auto self = shared_from_this();
    core_.close(why);
    settle();
}

void connection::lost(const std::string& error) {
    core_.lost(fmt::format("{}: {}", session().peer_name(), error));
    settle();
}

// At the end the last words have a limit.
void connection::settle() {
    write_on();
    if (core_.finished()) {
        last_words_said_ = true;
        last_words_.cancel();
        stream_->close();
    } else if (core_.over() && !std::exchange(last_words_said_, true)) {
        last_words_.expires_after(last_words_limit);
        last_words_.async_wait([self = shared_from_this()](auto) { self->stream_->close(); });
    }
}

link_counters connection::counters() const {
    auto c = core_.counters();
    c.reads = stream_->reads();
    c.writes = stream_->writes();
    return c;
}

}  // namespace slackline
