#include "actors/wire_order.hpp"

namespace slackline {

namespace {

template <class List>
std::vector<std::uint64_t> numbers(List list) {
    std::vector<std::uint64_t> values;
    for (auto v : list) values.push_back(v);
    return values;
}

template <class Init>
void put(Init init, const std::vector<std::uint64_t>& values) {
    auto list = init(static_cast<unsigned>(values.size()));
    for (unsigned i = 0; i < list.size(); ++i) list.set(i, values[i]);
}

void write(wire::Apply::Builder to, const apply_record& r) {
    to.setCount(r.count);
    to.setDivisor(r.divisor);
    to.setLearningRate(r.scalars.learning_rate);
    to.setCorrection1(r.scalars.correction1);
    to.setCorrection2(r.scalars.correction2);
    auto items = to.initItems(static_cast<unsigned>(r.items.size()));
    for (unsigned i = 0; i < items.size(); ++i) {
        const auto& from = r.items[i];
        items[i].setItem(from.item);
        items[i].setBase(from.base);
        items[i].setWorker(from.from.worker);
        items[i].setIncarnation(from.from.incarnation);
        items[i].setClip(from.clip);
        items[i].setAttempt(from.attempt);
    }
}

apply_record read(wire::Apply::Reader from) {
    apply_record r{from.getCount(),
                   {},
                   from.getDivisor(),
                   {from.getLearningRate(), from.getCorrection1(), from.getCorrection2()}};
    for (auto i : from.getItems())
        r.items.push_back({i.getItem(),
                           i.getBase(),
                           {i.getWorker(), i.getIncarnation()},
                           i.getClip(),
                           i.getAttempt()});
    return r;
}

struct entry_writer {
    wire::Record::Builder to;
    void operator()(const apply_record& r) { write(to.initApply(), r); }
    void operator()(const skip_record& r) {
        auto skip = to.initSkip();
        skip.setItem(r.item);
        skip.setCause(r.cause);
    }
    void operator()(const cut_record& r) { slackline::write(to.initCut(), r); }
    void operator()(const fence& f) {
        auto fence = to.initFence();
        fence.setWorker(f.who.worker);
        fence.setIncarnation(f.who.incarnation);
        put([&](unsigned n) { return fence.initKeep(n); }, f.keep);
    }
    void operator()(const drop& d) {
        auto drop = to.initDrop();
        drop.setWorker(d.who.worker);
        drop.setIncarnation(d.who.incarnation);
        drop.setItem(d.item);
        drop.setAttempt(d.attempt);
    }
};

}  // namespace

void write(wire::Record::Builder to, const stream_entry& entry) {
    std::visit(entry_writer{to}, entry);
}

stream_entry read(wire::Record::Reader from) {
    switch (from.which()) {
        case wire::Record::APPLY:
            return read(from.getApply());
        case wire::Record::SKIP:
            return skip_record{from.getSkip().getItem(), from.getSkip().getCause().cStr()};
        case wire::Record::CUT:
            return read(from.getCut());
        case wire::Record::FENCE: {
            const auto f = from.getFence();
            return fence{{f.getWorker(), f.getIncarnation()}, numbers(f.getKeep())};
        }
        case wire::Record::DROP: {
            const auto d = from.getDrop();
            return drop{{d.getWorker(), d.getIncarnation()}, d.getItem(), d.getAttempt()};
        }
    }
    KJ_FAIL_REQUIRE("a record of an unknown kind");
}

wire::Answer to_wire(answer a) {
    switch (a) {
        case answer::first:
            return wire::Answer::FIRST;
        case answer::duplicate:
            return wire::Answer::DUPLICATE;
        case answer::recompute:
            return wire::Answer::RECOMPUTE;
        case answer::skipped:
            return wire::Answer::SKIPPED;
        case answer::fenced:
            return wire::Answer::FENCED;
    }
    KJ_FAIL_REQUIRE("an answer of an unknown kind");
}

answer read(wire::Answer a) {
    switch (a) {
        case wire::Answer::FIRST:
            return answer::first;
        case wire::Answer::DUPLICATE:
            return answer::duplicate;
        case wire::Answer::RECOMPUTE:
            return answer::recompute;
        case wire::Answer::SKIPPED:
            return answer::skipped;
        case wire::Answer::FENCED:
            return answer::fenced;
    }
    KJ_FAIL_REQUIRE("an answer of an unknown kind");
}

void write(wire::Cut::Builder to, const cut_record& cut) {
    to.setCut(cut.cut);
    to.setCount(cut.count);
    to.setCheckpoint(cut.purpose.checkpoint);
    to.setEvaluate(cut.purpose.evaluate);
    to.setFinal(cut.purpose.final);
}

cut_record read(wire::Cut::Reader from) {
    return {from.getCut(),
            from.getCount(),
            {from.getCheckpoint(), from.getEvaluate(), from.getFinal()}};
}

void write(wire::History::Builder to, const ledger_history& h) {
    put([&](unsigned n) { return to.initStaleness(n); }, h.staleness);
    to.setDuplicates(h.duplicates);
    to.setRecomputed(h.recomputed);
    to.setLeasesEnded(h.leases_ended);
    auto skips = to.initSkips(static_cast<unsigned>(h.skips.size()));
    for (unsigned i = 0; i < skips.size(); ++i) {
        skips[i].setItem(h.skips[i].item);
        skips[i].setCause(h.skips[i].cause);
    }
}

ledger_history read(wire::History::Reader from) {
    ledger_history h;
    h.staleness = numbers(from.getStaleness());
    h.duplicates = from.getDuplicates();
    h.recomputed = from.getRecomputed();
    h.leases_ended = from.getLeasesEnded();
    for (auto s : from.getSkips()) h.skips.push_back({s.getItem(), s.getCause().cStr()});
    return h;
}

void write(wire::Ledger::Builder to, const ledger_state& l) {
    to.setWatermark(l.watermark);
    put([&](unsigned n) { return to.initAppliedAbove(n); }, l.applied_above);
    put([&](unsigned n) { return to.initSkippedAbove(n); }, l.skipped_above);
    to.setApplied(l.applied);
    to.setSkipped(l.skipped);
    to.setCount(l.count);
    to.setCuts(l.cuts);
    to.setItemsTotal(l.items_total);
    auto items = to.initTriedItems(static_cast<unsigned>(l.tries.size()));
    auto tries = to.initTries(static_cast<unsigned>(l.tries.size()));
    for (unsigned i = 0; i < items.size(); ++i) {
        items.set(i, l.tries[i].first);
        tries.set(i, l.tries[i].second);
    }
    write(to.initHistory(), l.history);
    to.setPosition(l.position);
}

ledger_state read(wire::Ledger::Reader from) {
    ledger_state l;
    l.watermark = from.getWatermark();
    l.applied_above = numbers(from.getAppliedAbove());
    l.skipped_above = numbers(from.getSkippedAbove());
    l.applied = from.getApplied();
    l.skipped = from.getSkipped();
    l.count = from.getCount();
    l.cuts = from.getCuts();
    l.items_total = from.getItemsTotal();
    const auto items = from.getTriedItems();
    const auto tries = from.getTries();
    for (unsigned i = 0; i < items.size() && i < tries.size(); ++i)
        l.tries.emplace_back(items[i], tries[i]);
    l.history = read(from.getHistory());
    l.position = from.getPosition();
    return l;
}

void write(wire::Progress::Builder to, const sequencer_stats& stats, double loss, bool finished) {
    to.setCount(stats.count);
    to.setApplied(stats.applied);
    to.setSkipped(stats.skipped);
    to.setItemsTotal(stats.items_total);
    to.setWatermark(stats.watermark);
    write(to.initHistory(), stats.history);
    auto workers = to.initWorkers(static_cast<unsigned>(stats.workers.size()));
    for (unsigned i = 0; i < workers.size(); ++i) {
        workers[i].setWorker(stats.workers[i].who.worker);
        workers[i].setIncarnation(stats.workers[i].who.incarnation);
        workers[i].setClock(stats.workers[i].clock);
        workers[i].setOpen(stats.workers[i].open);
        workers[i].setWindow(stats.workers[i].window);
        workers[i].setItemMs(stats.workers[i].item_ms);
        workers[i].setFailures(stats.workers[i].failures);
    }
    to.setLoss(loss);
    to.setFinished(finished);
}

sequencer_stats read(wire::Progress::Reader from) {
    sequencer_stats s;
    s.count = from.getCount();
    s.applied = from.getApplied();
    s.skipped = from.getSkipped();
    s.items_total = from.getItemsTotal();
    s.watermark = from.getWatermark();
    s.history = read(from.getHistory());
    for (auto w : from.getWorkers())
        s.workers.push_back({{w.getWorker(), w.getIncarnation()},
                             w.getClock(),
                             w.getOpen(),
                             w.getWindow(),
                             w.getItemMs(),
                             w.getFailures()});
    return s;
}

}  // namespace slackline
