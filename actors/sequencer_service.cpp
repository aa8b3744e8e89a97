#include "actors/sequencer_service.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "actors/cause.hpp"

namespace slackline {

namespace {
constexpr address coordinator_address{role::COORDINATOR, 0};
constexpr std::size_t records_a_frame_max = 512;

// Of a message that a worker sends to the sequencer; none: of another kind.
std::optional<std::uint64_t> incarnation_of(wire::Message::Reader m) {
    switch (m.which()) {
        case wire::Message::JOIN:
            return m.getJoin().getIncarnation();
        case wire::Message::BEAT:
            return m.getBeat().getIncarnation();
        case wire::Message::COMMIT:
            return m.getCommit().getIncarnation();
        case wire::Message::FAILED:
            return m.getFailed().getIncarnation();
        case wire::Message::LEAVE:
            return m.getLeave().getIncarnation();
        default:
            return std::nullopt;
    }
}

}  // namespace

sequencer_service::sequencer_service(sequencer_service_settings settings, log_edge* log)
    : settings_(std::move(settings)),
      log_(log, {self(), settings_.run, settings_.incarnation, settings_.places}) {}

frame_builder sequencer_service::message(address to) const {
    return {self(), to, settings_.run, era_};
}

void sequencer_service::handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms,
                               outbox& out) {
    if (m.isPeerChanged() && m.getFrom().getRole() == role::WORKER && !m.getPeerChanged().getUp())
        return disconnected(m.getFrom().getIndex(), now_ms, out);
    if (m.getRun() != settings_.run) return;
    if (m.isStart()) return start(f, m, now_ms, out);
    if (m.isInquire()) return tell_what_it_holds(read_address(m.getFrom()), out);
    if (m.isFenced() && m.getFenced().getIncarnation() == settings_.incarnation) begin_life();
    if (!books_ || log_.reading()) return;
    if (m.getEra() == era_ && handle_copies(f, m, out)) return;
    if (!log_.leads()) return;
    const bool worker = m.getFrom().getRole() == role::WORKER;
    if (m.getEra() != era_) {
        if (worker && m.getEra() < era_) tell_start(m.getFrom().getIndex(), out);
        return;
    }
    if (worker) from_worker(m, now_ms, out);
    if (m.isRecordsHeld()) held(m, out);
    if (m.isKept()) log_.kept(m.getKept().getPosition());
    if (m.isControl()) control(m.getControl(), now_ms, out);
    if (m.isPrimaries()) take_primaries(m.getPrimaries(), out);
    flush(out);
}

void sequencer_service::start(const frame& f, wire::Message::Reader m, std::int64_t now_ms,
                              outbox& out) {
    // A former life may have begun this era's order already: what was meant for it is not followed.
    const auto s = m.getStart();
    if (s.getIncarnation() != settings_.incarnation) return;
    const bool filled = s.hasFilling();
    if (m.getEra() < era_) {
        if (!filled) tell_what_it_holds(coordinator_address, out);
        return;
    }
    const bool news =
        filled ? log_.copies().is_news(m.getEra(), s.getFilling()) : m.getEra() > era_;
    if (news) {
        era_ = m.getEra();
        ticked_ms_ = now_ms;
        loss_ = 0;
        losses_ = 0;
        begin_books(read(s.getLedger()));
        recovers_ = s.getRecover();
        repeats_ = filled;
        filled_by_ = filled ? f : frame();
        log_.copies().begin_era(era_);
        filled ? log_.begin_anew() : log_.read_all(era_);
    }
    if (log_.reading() || !books_->lost.empty()) return;
    if (filled_by_) return end_filling(out);
    if (!filled)
        log_.send({coordinator_address, started_message(coordinator_address)}, out);
    else if (!log_.leads())
        log_.send(log_.copies().appended_message(read_address(m.getFrom())), out);
}

void sequencer_service::begin_books(const ledger_state& ledger) {
    books_.emplace(era_books{.rules = sequencer(settings_.rules, ledger),
                             .stream = record_stream(ledger.position, settings_.shards),
                             .restored = ledger.position,
                             .answer_for = primaries(settings_.shards)});
}

frame sequencer_service::started_message(address to) const {
    auto b = message(to);
    b.root().initStarted().setIncarnation(settings_.incarnation);
    return b.finish();
}

bool sequencer_service::can_place() const {
    return books_ && !log_.reading() && books_->lost.empty() &&
           books_->stream.size() < settings_.stream_max && (!log_.waits() || books_->heard_of_all);
}

// Else what is said here is as if it was lost: it comes again.
bool sequencer_service::decides() const {
    return can_place() && books_->holds != holding::held;
}

void sequencer_service::hold_when_due(std::int64_t now_ms, outbox& out) {
    if (books_->holds != holding::wanted || !books_->rules.between_updates()) return;
    books_->holds = holding::held;
    books_->held_behind = books_->rules.ledger().cuts;
    carry_out(books_->rules.cut({true, false, false}, now_ms), out);
}

worker_key sequencer_service::heard(std::uint32_t worker, std::uint64_t incarnation,
                                    std::int64_t now_ms) {
    auto& p = books_->workers[worker];
    p.incarnation = std::max(p.incarnation, incarnation);
    if (incarnation == p.incarnation) p.heard_ms = now_ms;
    return {worker, incarnation};
}

void sequencer_service::from_worker(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto incarnation = incarnation_of(m);
    if (!incarnation) return;  // workers send nothing else here
    const auto who = heard(m.getFrom().getIndex(), *incarnation, now_ms);
    if (!decides()) return;
    auto& rules = books_->rules;
    if (m.isJoin()) {
        carry_out(rules.join(who, now_ms), out);
    } else if (m.isBeat()) {
        std::vector<item_id> open;
        for (auto item : m.getBeat().getOpen()) open.push_back(item);
        carry_out(rules.beat(who, open, now_ms), out);
    } else if (m.isCommit()) {
        const auto c = m.getCommit();
        note_loss(c.getLoss());
        carry_out(rules.committed({who, c.getItem(), c.getBase(), c.getSquaredNorm(),
                                   c.getComputeMs(), c.getAttempt(), c.getLease()},
                                  now_ms),
                  out);
    } else if (m.isFailed()) {
        const auto f = m.getFailed();
        carry_out(
            rules.failed(who, f.getItem(), f.getLease(), short_cause(f.getCause().cStr()), now_ms),
            out);
    } else if (m.isLeave()) {
        leave(who, now_ms, out);
    }
    hold_when_due(now_ms, out);
}

// As if it had been silent for the dead time. What a newer life of it has stays.
void sequencer_service::leave(worker_key who, std::int64_t now_ms, outbox& out) {
    const auto p = books_->workers.find(who.worker);
    if (p->second.incarnation == who.incarnation) books_->workers.erase(p);
    carry_out(books_->rules.died(who, now_ms), out);
}

void sequencer_service::disconnected(std::uint32_t worker, std::int64_t now_ms, outbox& out) {
    if (!decides()) return;  // its silence will say the same
    if (now_ms < trusts_until_ms_ || now_ms - ticked_ms_ > settings_.dead_ms) return;
    const auto p = books_->workers.find(worker);
    if (p == books_->workers.end()) return;
    leave({worker, p->second.incarnation}, now_ms, out);
    flush(out);
}

void sequencer_service::control(wire::Control::Reader c, std::int64_t now_ms, outbox& out) {
    if (!can_place()) return;  // it is asked for again
    switch (c.which()) {
        case wire::Control::CHECKPOINT:
            carry_out(books_->rules.cut({true, false, false}, now_ms), out);
            break;
        case wire::Control::FINAL_CUT:
            if (books_->rules.finished())
                carry_out(books_->rules.cut({true, true, true}, now_ms), out);
            break;
        case wire::Control::STOP_EARLY:
            if (decides()) carry_out(books_->rules.stop_early(now_ms), out);
            break;
        case wire::Control::HOLD:
            if (books_->holds == holding::no) books_->holds = holding::wanted;
            hold_when_due(now_ms, out);
            break;
        case wire::Control::GO_ON:
            books_->holds = holding::no;
            break;
    }
}

void sequencer_service::tick(std::int64_t now_ms, outbox& out) {
    if (!books_) return out.push_back(log_.copies().empty_handed());
    // A detector that was late itself judges nobody: it gives everyone a new dead time, and leases
    // as much longer.
    const auto passed_ms = now_ms - std::exchange(ticked_ms_, now_ms);
    if (passed_ms > settings_.dead_ms) {
        trusts_until_ms_ = now_ms + settings_.dead_ms;
        for (auto& [index, p] : books_->workers) p.heard_ms = now_ms;
        books_->rules.postpone(passed_ms);
    }
    if (log_.reading()) return log_.say_here(out);
    log_.sync(out);
    release_stream(out);
    if (!log_.leads()) return;
    if (!books_->lost.empty()) return lose(books_->lost, out);
    if (decides())
        end_what_is_over(now_ms, out);
    else
        books_->rules.postpone(passed_ms);  // nobody could do anything meanwhile
    books_->stream.send_again_what_is_lost();
    ask_unheard(out);
    flush(out);
    send_progress(out);
}

// Lives of workers that were silent for the dead time, and leases.
void sequencer_service::end_what_is_over(std::int64_t now_ms, outbox& out) {
    for (auto it = books_->workers.begin(); it != books_->workers.end();) {
        if (now_ms - it->second.heard_ms <= settings_.dead_ms) {
            ++it;
            continue;
        }
        const worker_key gone{it->first, it->second.incarnation};
        it = books_->workers.erase(it);
        carry_out(books_->rules.died(gone, now_ms), out);
    }
    carry_out(books_->rules.tick(now_ms), out);
}

void sequencer_service::carry_out(const effects& todo, outbox& out) {
    auto& stream = books_->stream;
    outbox accounts;
    for (const auto& e : todo) {
        if (const auto* g = std::get_if<grant>(&e)) {
            tell(*g, out);
        } else if (const auto* r = std::get_if<reply>(&e)) {
            books_->answers.push_back(*r);
        } else if (const auto* c = std::get_if<cancel>(&e)) {
            tell(*c, out);
        } else if (const auto* f = std::get_if<fence>(&e)) {
            stream.push(*f);
        } else if (const auto* d = std::get_if<drop>(&e)) {
            stream.push(*d);
        } else if (const auto* p = std::get_if<placed_record>(&e)) {
            std::visit([&](const auto& body) { stream.push(body); }, p->body);
            if (const auto* cut = std::get_if<cut_record>(&p->body)) send_account(*cut, accounts);
        }
    }
    log_new_entries(out);
    for (auto& a : accounts) log_.send(std::move(a), out);
    answer_closed(out);
}

void sequencer_service::send_account(const cut_record& cut, outbox& out) const {
    const auto send = [&](address to) {
        auto b = message(to);
        auto account = b.root().initAccount();
        write(account.initCut(), cut);
        auto ledger = books_->rules.ledger();
        ledger.position = books_->stream.end();
        write(account.initLedger(), ledger);
        out.push_back({to, b.finish()});
    };
    if (cut.purpose.checkpoint) send({role::CHECKPOINTER, 0});
    if (cut.purpose.evaluate) send({role::EVALUATOR, 0});
}

void sequencer_service::tell(const grant& g, outbox& out) const {
    const address to{role::WORKER, g.to.worker};
    auto b = message(to);
    auto grant = b.root().initGrant();
    grant.setIncarnation(g.to.incarnation);
    grant.setItem(g.item);
    grant.setFloor(g.floor);
    grant.setLease(g.lease);
    out.push_back({to, b.finish()});
}

outgoing sequencer_service::outcome_of(const reply& r) const {
    const address to{role::WORKER, r.to.worker};
    auto b = message(to);
    auto outcome = b.root().initOutcome();
    outcome.setIncarnation(r.to.incarnation);
    outcome.setItem(r.item);
    outcome.setAttempt(r.attempt);
    outcome.setAnswer(to_wire(r.what));
    return {to, b.finish()};
}

void sequencer_service::tell(const cancel& c, outbox& out) const {
    const address to{role::WORKER, c.to.worker};
    auto b = message(to);
    auto cancel = b.root().initCancel();
    cancel.setIncarnation(c.to.incarnation);
    cancel.setItem(c.item);
    cancel.setLease(c.lease);
    out.push_back({to, b.finish()});
}

void sequencer_service::tell_what_it_holds(address to, outbox& out) const {
    auto b = message(to);
    b.root().initHolds().setIncarnation(settings_.incarnation);
    out.push_back({to, b.finish()});
}

void sequencer_service::tell_start(std::uint32_t worker, outbox& out) const {
    const address to{role::WORKER, worker};
    auto b = message(to);
    b.root().initStart();
    out.push_back({to, b.finish()});
}

// An average over about the last hundred items.
void sequencer_service::note_loss(double loss) {
    if (!std::isfinite(loss)) return;
    losses_ = std::min<std::uint64_t>(losses_ + 1, 100);
    loss_ += (loss - loss_) / static_cast<double>(losses_);
}

void sequencer_service::send_progress(outbox& out) {
    const auto& rules = books_->rules;
    auto b = message(coordinator_address);
    const auto loss = losses_ > 0 ? loss_ : std::numeric_limits<double>::quiet_NaN();
    auto progress = b.root().initProgress();
    write(progress, rules.stats(), loss, rules.finished());
    progress.setHeld(books_->holds == holding::held);
    progress.setHeldBehind(books_->held_behind);
    log_.send({coordinator_address, b.finish()}, out);  // what it tells is not taken back
}

}  // namespace slackline
