// A sequencer that has copies: what a primary gives to one that lacks everything, and how one goes
// on as the primary.
#include <algorithm>

#include "actors/sequencer_service.hpp"

namespace slackline {

namespace {
constexpr std::uint64_t records_a_frame_max = 512;
}

// True where the message was for the copies.
bool sequencer_service::handle_copies(const frame& f, wire::Message::Reader m, outbox& out) {
    const auto again = [&](const frame& one, std::uint64_t position) {
        frame_reader reader(one);
        if (reader.root().isRecords()) replay(reader.root().getRecords(), position, out);
    };
    switch (m.which()) {
        case wire::Message::LEAD:
            lead(m.getLead(), out);
            return true;
        case wire::Message::FOLLOW:
            log_.follow(m.getFollow(), out);
            return true;
        case wire::Message::APPEND:
            repeats_ = true;
            log_.take(f, m, again, out);
            return true;
        case wire::Message::APPENDED:
            log_.copies().appended(m, out);
            log_.release(out);
            release_stream(out);
            return true;
        default:
            return false;
    }
}

void sequencer_service::lead(wire::Lead::Reader l, outbox& out) {
    const auto todo = log_.lead(l, out);
    if (todo.begins) go_on();
    release_stream(out);
    for (const auto& copy : todo.to_fill) fill(copy, out);
    if (todo.begins) ask_unheard(out);
}

// Where another was: leases and lives are not known here, and what the shards hold is asked.
void sequencer_service::go_on() {
    auto& books = *books_;
    books.answers.clear();
    if (!std::exchange(repeats_, false)) return;
    books.rules.goes_on();
    books.appended = books.stream.end();
    books.in_log = {{log_.next(), books.stream.end()}};
}

void sequencer_service::fill(copy_life to, outbox& out) {
    const auto& stream = books_->stream;
    std::vector<frame> carried;
    for (auto at = stream.begin(); at < stream.end(); at += records_a_frame_max)
        carried.push_back(records(self(), at, std::min(at + records_a_frame_max, stream.end())));
    auto b = message({role::SEQUENCER, 0, to.copy});
    auto start = b.root().initStart();
    start.setIncarnation(to.incarnation);
    auto ledger = books_->rules.ledger();
    ledger.position = stream.end();
    write(start.initLedger(), ledger);
    log_.copies().filling(start.initFilling(), carried.size());
    log_.copies().fill(to, b.finish(), std::move(carried), out);
}

void sequencer_service::end_filling(outbox& out) {
    const auto by = std::exchange(filled_by_, {});
    frame_reader reader(by);
    log_.copies().begin_as_copy(era_, reader.root().getStart().getFilling());
    log_.mark(by);  // what is older is not in the log
    log_.send(log_.copies().appended_message(by.envelope().from), out);
}

// Its memory is not what others hold it for.
void sequencer_service::begin_life() {
    if (log_.reading()) return;
    settings_.incarnation = settings_.next_life();
    era_ = 0;
    books_.reset();
    log_.begin_life(settings_.incarnation);
}

void sequencer_service::take_primaries(wire::Primaries::Reader p, outbox& out) {
    const auto before = books_->answer_for;
    books_->answer_for.take(p);
    for (std::uint32_t s = 0; s < settings_.shards; ++s)
        if (books_->answer_for.shard(s) != before.shard(s)) books_->stream.forget(s);
    ask_unheard(out);
}

void sequencer_service::ask_unheard(outbox& out) {
    const auto& stream = books_->stream;
    for (std::uint32_t s = 0; log_.waits() && s < settings_.shards; ++s)
        if (const auto to = books_->answer_for.shard(s); !stream.heard_of(s))
            out.push_back({to, records(to, stream.begin(), stream.begin())});
}

}  // namespace slackline
