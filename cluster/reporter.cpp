#include "cluster/reporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "cluster/json_text.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;
using seconds_f = std::chrono::duration<double>;

json histogram_json(const std::vector<std::uint64_t>& staleness) {
    json h = json::object();
    for (std::size_t s = 0; s < staleness.size(); ++s)
        if (staleness[s] > 0) h[std::to_string(s)] = staleness[s];
    return h;
}

std::uint64_t staleness_max(const std::vector<std::uint64_t>& staleness) {
    std::size_t n = staleness.size();
    while (n > 0 && staleness[n - 1] == 0) --n;
    return n > 0 ? n - 1 : 0;
}

// A row for each value below 16, then rows of twice the width each: 16-31, 32-63 ... A run without
// a bound may reach thousands.
std::vector<std::pair<std::string, std::uint64_t>> rows_of(
    const std::vector<std::uint64_t>& staleness) {
    std::vector<std::pair<std::string, std::uint64_t>> rows;
    for (std::size_t begin = 0; begin <= staleness_max(staleness);) {
        const auto end = begin < 16 ? begin + 1 : 2 * begin;
        auto& row = rows.emplace_back(
            end == begin + 1 ? fmt::format("{}", begin) : fmt::format("{}-{}", begin, end - 1), 0);
        for (; begin < end; ++begin) row.second += begin < staleness.size() ? staleness[begin] : 0;
    }
    return rows;
}

json workers_json(const std::vector<worker_stats>& workers) {
    json all = json::array();
    for (const auto& w : workers)
        all.push_back({{"worker", w.who.worker},
                       {"incarnation", w.who.incarnation},
                       {"clock", w.clock},
                       {"open", w.open},
                       {"window", w.window},
                       {"item_ms", w.item_ms}});
    return all;
}

// Metrics without a prefix are those of the test set.
std::string in_full(const std::string& metric) {
    return metric.starts_with("validation_") ? fmt::format("validation {}", metric.substr(11))
                                             : fmt::format("test {}", metric);
}

}  // namespace

reporter::reporter(report_style style, std::string run, std::FILE* to)
    : style_(style), run_(std::move(run)), to_(to), began_(std::chrono::steady_clock::now()) {}

double reporter::seconds() const {
    return seconds_f(std::chrono::steady_clock::now() - began_).count();
}

double reporter::run_seconds() const {
    if (!run_began_) return 0;
    return seconds_f(std::chrono::steady_clock::now() - *run_began_).count();
}

void reporter::count_from(std::uint64_t closed) {
    closed_at_start_ = closed;
    run_began_ = std::chrono::steady_clock::now();
}

double reporter::items_per_s() const {
    const auto closed = account_.stats.applied + account_.stats.skipped;
    return static_cast<double>(closed - std::min(closed, closed_at_start_.value_or(0))) /
           std::max(1e-9, run_seconds());
}

void reporter::line(const std::string& text) {
    if (line_open_) std::fputs("\r\033[K", to_);
    line_open_ = false;
    std::fprintf(to_, "%s\n", text.c_str());
    flush();
}

void reporter::flush() {
    if (std::fflush(to_) != 0 && !account_.unheard) account_.unheard = std::strerror(errno);
}

void reporter::event(const std::string& kind, const std::string& sentence) {
    if (style_ == report_style::json)
        return line(
            json_text(json{{"event", kind}, {"seconds", seconds()}, {"sentence", sentence}}));
    line(sentence);
}

void reporter::introduced(const run_introduction& what) {
    const std::lock_guard lock(mutex_);
    batch_ = what.batch;
    checkpoint_dir_ = what.checkpoint_dir;
    if (style_ == report_style::json)
        return line(json_text(json{{"event", "run"},
                                   {"run", run_},
                                   {"samples", what.samples},
                                   {"workers", what.workers},
                                   {"shards", what.shards},
                                   {"blas", what.blas}}));
    line(fmt::format("run {}: {} samples, {} workers, {} shards; matrix products: {}", run_,
                     what.samples, what.workers, what.shards, what.blas));
}

void reporter::joined_late() {
    const std::lock_guard lock(mutex_);
    joined_late_ = true;
}

void reporter::checked(const std::string& file, std::uint64_t samples) {
    const std::lock_guard lock(mutex_);
    if (style_ == report_style::json)
        return line(json_text(
            json{{"event", "checked"}, {"run", run_}, {"file", file}, {"samples", samples}}));
    line(fmt::format("{} is fine: run {}, {} samples", file, run_, samples));
}

void reporter::happened(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    event("event", sentence);
}

void reporter::era_begun(std::uint64_t era, const ledger_state& from, const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (!closed_at_start_ && !joined_late_) count_from(from.applied + from.skipped);
    skips_.told = from.skipped;
    leases_ended_.told = from.history.leases_ended;
    event("era", fmt::format("era {} begins at update {}: {}", era, from.count, why));
}

void reporter::warned(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    event("warning", "warning: " + sentence);
}

void reporter::failed(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    account_.failed = sentence;
}

void reporter::finished() {
    const std::lock_guard lock(mutex_);
    account_.finished = true;
}

void reporter::progressed(const sequencer_stats& stats, double loss) {
    const std::lock_guard lock(mutex_);
    account_.stats = stats;
    account_.loss = loss;
    tell_skips();
    tell_ended_leases();
    if (!closed_at_start_) {
        count_from(stats.applied + stats.skipped);
        if (joined_late_) return;  // a rate takes two of them
    }
    const auto every = std::chrono::seconds(style_ == report_style::plain ? 5 : 1);
    const auto now = std::chrono::steady_clock::now();
    if (style_ == report_style::terminal || now - drawn_ >= every) {
        drawn_ = now;
        draw();
    }
}

// How many of `total` are news, at most every two seconds; they are then told.
std::uint64_t reporter::tally::take_news(std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (total <= told || now - at < std::chrono::seconds(2)) return 0;
    at = now;
    return total - std::exchange(told, total);
}

// Every skip is counted in a line, and none in two; a policy that skips often fills no screen.
void reporter::tell_skips() {
    const auto& s = account_.stats;
    const auto fresh = skips_.take_news(s.skipped);
    if (fresh == 0 || s.history.skips.empty()) return;
    const auto& last = s.history.skips.back();
    event("skipped", fresh == 1 ? fmt::format("item {} is skipped: {}", last.item, last.cause)
                                : fmt::format("{} items are skipped, the last of them {}: {}",
                                              fresh, last.item, last.cause));
}

void reporter::tell_ended_leases() {
    const auto& s = account_.stats;
    const auto fresh = leases_ended_.take_news(s.history.leases_ended);
    if (fresh == 0) return;
    std::string open;
    for (const auto& w : s.workers)
        if (w.open > 0) open += fmt::format("{}{}", open.empty() ? "" : ", ", w.who.worker);
    event("lease",
          fmt::format("{} lease(s) ended without a gradient, their items are leased again; "
                      "slow or stuck is one of the workers with open items ({})",
                      fresh, open.empty() ? "none now" : open));
}

void reporter::draw() {
    const auto& s = account_.stats;
    const auto closed = s.applied + s.skipped;
    const auto stale = staleness_max(s.history.staleness);
    if (style_ == report_style::json)
        return line(json_text(json{{"event", "progress"},
                                   {"seconds", seconds()},
                                   {"items", s.items_total},
                                   {"applied", s.applied},
                                   {"skipped", s.skipped},
                                   {"loss", account_.loss},
                                   {"items_per_s", items_per_s()},
                                   {"staleness_max", stale},
                                   {"workers", workers_json(s.workers)}}));
    const double rate = items_per_s();
    const double left = rate > 0 ? static_cast<double>(s.items_total - closed) / rate : 0;
    const double part =
        s.items_total > 0 ? static_cast<double>(closed) / static_cast<double>(s.items_total) : 1;
    const auto loss = std::isfinite(account_.loss) ? fmt::format("{:.4f}", account_.loss) : "-";
    const auto text = fmt::format(
        "{:>5.1f} %  {}/{} items  loss {}  {:.0f} items/s ({:.0f} samples/s)  staleness <= {}  "
        "{:.0f} s left",
        100 * part, closed, s.items_total, loss, rate, rate * static_cast<double>(batch_), stale,
        left);
    if (style_ == report_style::plain) return line(text);
    const auto bar = static_cast<std::size_t>(20 * part);
    std::fprintf(to_, "\r\033[K[%s%s] %s", std::string(bar, '#').c_str(),
                 std::string(20 - bar, '.').c_str(), text.c_str());
    flush();
    line_open_ = true;
}

void reporter::evaluated(const evaluation_report& report) {
    const std::lock_guard lock(mutex_);
    account_.metrics = report.metrics;
    if (style_ == report_style::json) {
        json metrics = json::object();
        for (const auto& [name, value] : report.metrics) metrics[name] = value;
        return line(json_text(json{{"event", "evaluated"},
                                   {"seconds", seconds()},
                                   {"epoch", report.epoch},
                                   {"count", report.cut.count},
                                   {"metrics", metrics}}));
    }
    std::string text = fmt::format("epoch {:>3}, update {}:", report.epoch, report.cut.count);
    for (const auto& [name, value] : report.metrics)
        text += fmt::format("  {} {:.4f}", in_full(name), value);
    line(text);
}

void reporter::published(const cut_record& cut, const std::string& path, const ledger_state&) {
    const std::lock_guard lock(mutex_);
    account_.checkpoint = fmt::format("{}/{}", checkpoint_dir_, path);
    ++account_.published;
    if (style_ == report_style::json)
        return line(json_text(json{{"event", "checkpoint"},
                                   {"seconds", seconds()},
                                   {"count", cut.count},
                                   {"path", account_.checkpoint}}));
    line(fmt::format("checkpoint at update {}: {}", cut.count, account_.checkpoint));
}

std::string reporter::histogram() const {
    const auto rows = rows_of(account_.stats.history.staleness);
    std::uint64_t most = 1;
    for (const auto& [name, n] : rows) most = std::max(most, n);
    const auto width = std::max<std::size_t>(3, rows.back().first.size());
    std::string text;
    for (const auto& [name, n] : rows)
        text += fmt::format("  {:>{}} {:>8}  {}\n", name, width, n,
                            std::string(static_cast<std::size_t>(40 * n / most), '#'));
    return text;
}

void reporter::done() {
    const std::lock_guard lock(mutex_);
    const auto& s = account_.stats;
    if (style_ == report_style::json) {
        json skips = json::array();
        for (const auto& skip : s.history.skips)
            skips.push_back({{"item", skip.item}, {"cause", skip.cause}});
        json metrics = json::object();
        double loss = account_.loss;
        for (const auto& [name, value] : account_.metrics) {
            if (name == "loss") loss = value;
            metrics[name] = value;
        }
        return line(json_text(json{{"event", "done"},
                                   {"run", run_},
                                   {"items", s.items_total},
                                   {"applied", s.applied},
                                   {"skipped", s.skipped},
                                   {"duplicates", s.history.duplicates},
                                   {"skips", skips},
                                   {"staleness_max", staleness_max(s.history.staleness)},
                                   {"staleness", histogram_json(s.history.staleness)},
                                   {"loss", loss},
                                   {"metrics", metrics},
                                   {"seconds", seconds()},
                                   {"items_per_s", items_per_s()},
                                   {"checkpoint", account_.checkpoint}}));
    }
    line(fmt::format("\nrun {} is done in {:.1f} s", run_, run_seconds()));
    for (const auto& [name, value] : account_.metrics)
        line(fmt::format("  {:<20} {:.4f}", in_full(name), value));
    line(
        fmt::format("items: {} in all = {} applied + {} skipped, each exactly once ({} duplicates "
                    "refused)",
                    s.items_total, s.applied, s.skipped, s.history.duplicates));
    tell_causes();
    line("staleness of applied gradients (updates, gradients):\n" + histogram() +
         "checkpoint: " + account_.checkpoint);
}

// Why items were skipped, as far as the history lists them; items of one cause in one line.
void reporter::tell_causes() {
    constexpr std::size_t named = 5;
    std::map<std::string, std::vector<item_id>> causes;
    for (const auto& skip : account_.stats.history.skips) causes[skip.cause].push_back(skip.item);
    for (const auto& [cause, items] : causes) {
        std::string list;
        for (std::size_t i = 0; i < std::min(named, items.size()); ++i)
            list += fmt::format("{}{}", i == 0 ? "" : ", ", items[i]);
        line(fmt::format("  skipped: {} item(s) ({}{}): {}", items.size(), list,
                         items.size() > named ? ", ..." : "", cause));
    }
}

run_account reporter::account() const {
    const std::lock_guard lock(mutex_);
    return account_;
}

}  // namespace slackline
