// The sequencer's stream: into the log, to the shards, and what waits until it is durable.
#include <fmt/format.h>

#include <algorithm>

#include "actors/sequencer_service.hpp"

namespace slackline {

namespace {
constexpr address coordinator_address{role::COORDINATOR, 0};
constexpr std::uint64_t records_a_frame_max = 512;
}  // namespace

frame sequencer_service::records(address to, std::uint64_t first, std::uint64_t end) const {
    auto b = message(to);
    auto records = b.root().initRecords();
    records.setIncarnation(settings_.incarnation);
    records.setFirst(first);
    auto list = records.initRecords(static_cast<unsigned>(end - first));
    for (auto at = first; at < end; ++at)
        write(list[static_cast<unsigned>(at - first)], books_->stream.at(at));
    return b.finish();
}

void sequencer_service::log_new_entries(outbox& out) {
    auto& books = *books_;
    const auto end = books.stream.end();
    if (!log_.waits()) return books.stream.make_durable(end);
    while (books.appended < end) {
        const auto next = std::min(end, books.appended + records_a_frame_max);
        for (auto at = books.appended; at < next; ++at)
            if (const auto* cut = std::get_if<cut_record>(&books.stream.at(at));
                cut && cut->purpose.checkpoint)
                log_.note_cut(at + 1, log_.next());
        log_.append(records(self(), books.appended, next), urgency::at_once, out);
        books.appended = next;
        books.in_log.emplace_back(log_.next(), next);
    }
    release_stream(out);
}

// What log and copies hold may be sent.
void sequencer_service::release_stream(outbox& out) {
    auto& in_log = books_->in_log;
    if (in_log.empty()) return;
    const auto held = log_.held();
    for (; !in_log.empty() && in_log.front().first <= held; in_log.pop_front())
        books_->stream.make_durable(in_log.front().second);
    flush(out);
}

// An item that is closed is so by an entry that is in the log by now. Who is refused, or told to
// compute again, is told nothing that a loss could take back.
void sequencer_service::answer_closed(outbox& out) {
    std::erase_if(books_->answers, [&](const reply& r) {
        const bool waits =
            r.what == answer::first || r.what == answer::duplicate || r.what == answer::skipped;
        if (!log_.waits() || !waits)
            out.push_back(outcome_of(r));
        else if (books_->rules.closed(r.item))
            log_.send(outcome_of(r), out);
        else
            return false;
        return true;
    });
}

void sequencer_service::handle(const logged& l, std::int64_t, outbox& out) {
    log_.note(l, out);
    if (books_ && !log_.reading()) release_stream(out);
}

void sequencer_service::handle(const logged_part& part, std::int64_t now_ms, outbox& out) {
    const auto again = [&](const frame& f, std::uint64_t position) {
        frame_reader reader(f);
        const auto m = reader.root();
        if (m.isRecords()) replay(m.getRecords(), position, out);
        if (!m.isStart()) return;  // a primary's, and perhaps older than the checkpoint
        const auto ledger = read(m.getStart().getLedger());
        if (ledger.position >= books_->stream.end()) begin_books(ledger);
    };
    if (!log_.take(part, again)) return;
    if (filled_by_) return end_filling(out);
    auto& books = *books_;
    books.appended = books.stream.end();
    books.stream.make_durable(books.stream.end());
    if (!log_.found() && recovers_) lose("the log of the sequencer is gone", out);
    if (log_.found()) books.rules.goes_on();
    if (books.stream.end() < books.restored && books.lost.empty())
        lose("the log of the sequencer ends before its checkpoint: it was damaged", out);
    if (!log_.found() && !recovers_)  // this era has begun
        log_.mark(started_message(self()));
    if (books.lost.empty())
        log_.send({coordinator_address, started_message(coordinator_address)}, out);
    tick(now_ms, out);
}

void sequencer_service::replay(wire::Records::Reader r, std::uint64_t position, outbox& out) {
    auto& books = *books_;
    auto at = r.getFirst();
    // A shard may have lost what it had not made durable of entries that are in the checkpoint.
    if (books.stream.size() == 0 && at < books.stream.begin()) books.stream.begin_at(at);
    if (at > books.stream.end() && books.lost.empty())
        return lose(
            "the log of the sequencer does not go on where its checkpoint ends: it was "
            "damaged",
            out);
    for (auto wire_record : r.getRecords()) {
        const auto entry = read(wire_record);
        const auto* cut = std::get_if<cut_record>(&entry);
        if (cut && cut->purpose.checkpoint) log_.note_cut(at + 1, position);
        if (at++ != books.stream.end()) continue;  // it was read before
        books.stream.push(entry);
        if (at <= books.restored) continue;  // the checkpoint is the sum of it, too
        if (const auto* a = std::get_if<apply_record>(&entry)) books.rules.replay(*a);
        if (const auto* s = std::get_if<skip_record>(&entry)) books.rules.replay(*s);
        if (cut) books.rules.replay(*cut);
    }
    books.stream.shorten(2 * settings_.stream_max);
}

void sequencer_service::held(wire::Message::Reader m, outbox& out) {
    const auto shard = m.getFrom().getIndex();
    const auto h = m.getRecordsHeld();
    if (shard >= settings_.shards || h.getSequencer() != settings_.incarnation) return;
    const auto end = books_->stream.end();
    const auto finding = books_->stream.held(shard, h.getNext(), {h.getTerm(), h.getIncarnation()});
    books_->heard_of_all = books_->heard_of_all || books_->stream.heard_of_all();
    switch (finding) {
        case record_stream::finding::lacks:
            return lose(fmt::format("shard {} came back with {} entries of the order, and those "
                                    "behind them are not kept any more: its log was damaged",
                                    shard, h.getNext()),
                        out);
        case record_stream::finding::ahead:
            return lose(fmt::format("shard {} holds {} entries of the order, and the sequencer's "
                                    "log {}: it was damaged",
                                    shard, h.getNext(), end),
                        out);
        case record_stream::finding::renewed:
            return carry_out(books_->rules.fence_again(), out);
        case record_stream::finding::fine:
            break;
    }
}

void sequencer_service::lose(const std::string& sentence, outbox& out) {
    books_->lost = sentence;
    auto b = message(coordinator_address);
    b.root().initLost().setSentence(sentence);
    out.push_back({coordinator_address, b.finish()});
}

void sequencer_service::flush(outbox& out) {
    auto& stream = books_->stream;
    for (std::uint32_t s = 0; s < settings_.shards; ++s) {
        if (log_.waits() && !stream.heard_of(s)) continue;
        const auto to = books_->answer_for.shard(s);
        for (;;) {
            const auto [first, end] = stream.take_unsent(s, records_a_frame_max);
            if (first == end) break;
            out.push_back({to, records(to, first, end)});
        }
    }
}

}  // namespace slackline
