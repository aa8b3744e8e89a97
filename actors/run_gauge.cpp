#include "actors/run_gauge.hpp"

#include <algorithm>

#include "actors/run_events.hpp"

namespace slackline {

namespace {

constexpr std::size_t samples_max = 25;  // as many heartbeats
constexpr unsigned skips_max = 10;

std::uint64_t staleness_max(wire::History::Reader h) {
    const auto counts = h.getStaleness();
    unsigned n = counts.size();
    while (n > 0 && counts[n - 1] == 0) --n;
    return n > 0 ? n - 1 : 0;
}

std::vector<skip_record> last_skips(wire::History::Reader h) {
    const auto skips = h.getSkips();
    std::vector<skip_record> last;
    for (auto i = skips.size() - std::min<unsigned>(skips.size(), skips_max); i < skips.size(); ++i)
        last.push_back({skips[i].getItem(), skips[i].getCause().cStr()});
    return last;
}

double rate(std::uint64_t from, std::uint64_t to, std::int64_t passed_ms) {
    if (passed_ms <= 0 || to < from) return 0;
    return 1'000.0 * static_cast<double>(to - from) / static_cast<double>(passed_ms);
}

}  // namespace

void run_gauge::note(const frame& f, wire::Message::Reader m, std::int64_t now_ms) {
    const auto e = m.getRunEvent();
    switch (e.which()) {
        case wire::RunEvent::ERA:
            era_ = e.getEra().getEra();
            samples_.clear();
            kept_.erase(wire::RunEvent::PROGRESS);
            break;
        case wire::RunEvent::PROGRESS:
            progressed(e.getProgress(), now_ms);
            break;
        case wire::RunEvent::PUBLISHED:
            published_ms_ = now_ms;
            break;
        case wire::RunEvent::COPIES:
            copies_ = read(e.getCopies());
            break;
        case wire::RunEvent::INTRODUCED:
        case wire::RunEvent::EVALUATED:
            break;
        default:
            return;  // news of the moment
    }
    kept_.insert_or_assign(e.which(), f);
}

void run_gauge::resharded() {
    copies_.clear();
    kept_.erase(wire::RunEvent::COPIES);
}

void run_gauge::progressed(wire::Progress::Reader p, std::int64_t now_ms) {
    progress_ = {p.getCount(),
                 p.getItemsTotal(),
                 p.getApplied(),
                 p.getSkipped(),
                 staleness_max(p.getHistory()),
                 p.getLoss(),
                 {},
                 last_skips(p.getHistory())};
    sample s{now_ms, p.getApplied(), {}};
    for (const auto w : p.getWorkers()) {
        progress_.workers.push_back({w.getWorker(), w.getIncarnation(), w.getClock(), w.getOpen(),
                                     w.getWindow(), w.getItemMs(), w.getFailures()});
        s.clocks[{w.getWorker(), w.getIncarnation()}] = w.getClock();
    }
    samples_.push_back(std::move(s));
    if (samples_.size() > samples_max) samples_.pop_front();
}

std::vector<frame> run_gauge::kept() const {
    std::vector<frame> all;
    for (const auto& [which, f] : kept_) all.push_back(f);
    return all;
}

double run_gauge::items_per_s(std::int64_t now_ms) const {
    if (samples_.size() < 2) return 0;
    const auto& first = samples_.front();
    return rate(first.applied, progress_.applied, now_ms - first.at_ms);
}

double run_gauge::items_per_s(const gauged_worker& worker, std::int64_t now_ms) const {
    for (const auto& s : samples_)
        if (const auto c = s.clocks.find({worker.worker, worker.incarnation}); c != s.clocks.end())
            return rate(c->second, worker.clock, now_ms - s.at_ms);
    return 0;
}

}  // namespace slackline
