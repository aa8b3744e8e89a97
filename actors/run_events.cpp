#include "actors/run_events.hpp"

#include <utility>

#include "actors/wire_order.hpp"

namespace slackline {

namespace {

void write(wire::Evaluated::Builder to, const evaluation_report& report) {
    slackline::write(to.initCut(), report.cut);
    to.setEpoch(report.epoch);
    auto metrics = to.initMetrics(static_cast<unsigned>(report.metrics.size()));
    for (unsigned i = 0; i < metrics.size(); ++i) {
        metrics[i].setName(report.metrics[i].first);
        metrics[i].setValue(report.metrics[i].second);
    }
}

evaluation_report report_in(wire::Evaluated::Reader from) {
    evaluation_report report{read(from.getCut()), from.getEpoch(), {}};
    for (auto m : from.getMetrics()) report.metrics.emplace_back(m.getName().cStr(), m.getValue());
    return report;
}

}  // namespace

event_observer::event_observer(std::uint64_t run, address from, std::function<void(frame)> send)
    : run_(run), from_(from), send_(std::move(send)) {}

template <class Fill>
void event_observer::tell(Fill fill) const {
    frame_builder b(from_, {role::REGISTRAR, 0}, run_, 0);
    fill(b.root().initRunEvent());
    send_(b.finish());
}

void event_observer::introduced(const run_introduction& what) {
    tell([&](wire::RunEvent::Builder to) {
        auto i = to.initIntroduced();
        i.setSamples(what.samples);
        i.setWorkers(what.workers);
        i.setShards(what.shards);
        i.setBatch(what.batch);
        i.setBlas(what.blas);
        i.setCheckpointDir(what.checkpoint_dir);
    });
}

void event_observer::era_begun(std::uint64_t era, const ledger_state& from,
                               const std::string& why) {
    tell([&](wire::RunEvent::Builder to) {
        auto e = to.initEra();
        e.setEra(era);
        slackline::write(e.initLedger(), from);
        e.setWhy(why);
    });
}

void event_observer::era_goes_on(std::uint64_t era, const ledger_state& at) {
    era_begun(era, at, "for those who see it from here on: the coordinator is back");
}

void event_observer::progressed(const sequencer_stats& stats, double loss) {
    tell([&](wire::RunEvent::Builder to) {
        slackline::write(to.initProgress(), stats, loss, false);
    });
}

void event_observer::copies(const std::vector<part_copies>& parts) {
    tell([&](wire::RunEvent::Builder to) {
        auto list = to.initCopies(static_cast<unsigned>(parts.size()));
        for (unsigned i = 0; i < list.size(); ++i) {
            slackline::write(list[i].initPart(), parts[i].part);
            list[i].setLed(parts[i].led);
            list[i].setWanted(static_cast<std::uint16_t>(parts[i].wanted));
            const auto set = [](auto numbers, const std::vector<std::uint16_t>& copies) {
                for (unsigned k = 0; k < numbers.size(); ++k) numbers.set(k, copies[k]);
            };
            const auto& p = parts[i];
            set(list[i].initMembers(static_cast<unsigned>(p.members.size())), p.members);
            set(list[i].initLacking(static_cast<unsigned>(p.lacking.size())), p.lacking);
            list[i].setBytes(p.bytes);
            list[i].setBusy(p.busy);
        }
    });
}

void event_observer::evaluated(const evaluation_report& report) {
    tell([&](wire::RunEvent::Builder to) { write(to.initEvaluated(), report); });
}

void event_observer::published(const cut_record& cut, const std::string& path,
                               const ledger_state& ledger) {
    tell([&](wire::RunEvent::Builder to) {
        auto p = to.initPublished();
        slackline::write(p.initCut(), cut);
        p.setPath(path);
        slackline::write(p.initLedger(), ledger);
    });
}

void event_observer::held(std::uint64_t count) {
    tell([&](wire::RunEvent::Builder to) { to.initHeld().setCount(count); });
}

void event_observer::not_held(const std::string& sentence) {
    tell([&](wire::RunEvent::Builder to) { to.initHeld().setRefusal(sentence); });
}

void event_observer::happened(const std::string& sentence) {
    tell([&](wire::RunEvent::Builder to) { to.setHappened(sentence); });
}

void event_observer::warned(const std::string& sentence) {
    tell([&](wire::RunEvent::Builder to) { to.setWarned(sentence); });
}

void event_observer::failed(const std::string& sentence) {
    tell([&](wire::RunEvent::Builder to) {
        auto ended = to.initEnded();
        ended.setHow(wire::Ended::How::FAILED);
        ended.setSentence(sentence);
    });
}

void event_observer::finished() {
    tell([](wire::RunEvent::Builder to) { to.initEnded().setHow(wire::Ended::How::DONE); });
}

void retell(wire::RunEvent::Reader event, run_observer& to) {
    switch (event.which()) {
        case wire::RunEvent::ERA: {
            const auto e = event.getEra();
            return to.era_begun(e.getEra(), read(e.getLedger()), e.getWhy().cStr());
        }
        case wire::RunEvent::PROGRESS:
            return to.progressed(read(event.getProgress()), event.getProgress().getLoss());
        case wire::RunEvent::EVALUATED:
            return to.evaluated(report_in(event.getEvaluated()));
        case wire::RunEvent::PUBLISHED: {
            const auto p = event.getPublished();
            return to.published(read(p.getCut()), p.getPath().cStr(), read(p.getLedger()));
        }
        case wire::RunEvent::HAPPENED:
            return to.happened(event.getHappened().cStr());
        case wire::RunEvent::WARNED:
            return to.warned(event.getWarned().cStr());
        case wire::RunEvent::COPIES:
            return to.copies(read(event.getCopies()));
        case wire::RunEvent::INTRODUCED:
        case wire::RunEvent::ENDED:
        case wire::RunEvent::HELD:
            return;
    }
}

std::vector<part_copies> read(capnp::List<wire::PartCopies>::Reader from) {
    const auto numbers = [](capnp::List<std::uint16_t>::Reader list) {
        std::vector<std::uint16_t> all;
        for (const auto n : list) all.push_back(n);
        return all;
    };
    std::vector<part_copies> parts;
    for (auto p : from)
        parts.push_back({read_address(p.getPart()), p.getLed(), p.getWanted(),
                         numbers(p.getMembers()), numbers(p.getLacking()), p.getBytes(),
                         p.getBusy()});
    return parts;
}

run_introduction read(wire::Introduced::Reader from) {
    return {from.getSamples(), from.getWorkers(),     from.getShards(),
            from.getBatch(),   from.getBlas().cStr(), from.getCheckpointDir().cStr()};
}

}  // namespace slackline
