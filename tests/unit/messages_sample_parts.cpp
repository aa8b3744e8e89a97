#include "tests/unit/messages_sample_parts.hpp"

namespace slackline::samples {

void numbers(capnp::List<std::uint64_t>::Builder to, std::uint64_t first) {
    for (unsigned i = 0; i < to.size(); ++i) to.set(i, first + i);
}

void fill(wire::Cut::Builder cut) {
    cut.setCut(301);
    cut.setCount(302);
    cut.setCheckpoint(true);
    cut.setEvaluate(true);
    cut.setFinal(true);
}

void fill(wire::History::Builder history) {
    numbers(history.initStaleness(4), 209);
    history.setDuplicates(204);
    history.setRecomputed(205);
    history.setLeasesEnded(206);
    auto skip = history.initSkips(1)[0];
    skip.setItem(213);
    skip.setCause("failed three times");
}

void fill(wire::Ledger::Builder ledger) {
    ledger.setWatermark(401);
    numbers(ledger.initAppliedAbove(2), 402);
    numbers(ledger.initSkippedAbove(1), 410);
    ledger.setApplied(411);
    ledger.setSkipped(412);
    ledger.setCount(413);
    ledger.setCuts(414);
    ledger.setItemsTotal(415);
    numbers(ledger.initTriedItems(3), 420);
    auto tries = ledger.initTries(3);
    for (unsigned i = 0; i < 3; ++i) tries.set(i, i + 1);
    fill(ledger.initHistory());
    ledger.setPosition(416);
}

void fill(wire::Published::Builder m) {
    fill(m.initCut());
    m.setPath("runs/1/checkpoint-302");
    fill(m.initLedger());
}

void fill(wire::Evaluated::Builder m) {
    fill(m.initCut());
    m.setEpoch(190);
    auto metric = m.initMetrics(1)[0];
    metric.setName("accuracy");
    metric.setValue(0.9375);
}

void fill(wire::Progress::Builder m) {
    m.setCount(201);
    m.setApplied(202);
    m.setSkipped(203);
    m.setItemsTotal(207);
    m.setWatermark(208);
    fill(m.initHistory());
    auto worker = m.initWorkers(1)[0];
    worker.setWorker(1);
    worker.setIncarnation(220);
    worker.setClock(221);
    worker.setOpen(222);
    worker.setWindow(223);
    worker.setItemMs(224);
    worker.setFailures(225);
    m.setLoss(0.25);
    m.setFinished(true);
    m.setHeld(true);
    m.setHeldBehind(226);
}

}  // namespace slackline::samples
