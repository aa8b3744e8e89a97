// What links cost: pushes and pulls between two processes through Slackline, beside the same bytes
// over bare sockets.
#include <fmt/format.h>

#include <algorithm>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/limits/socket_copy.hpp"
#include "tests/bench/link_sample.hpp"

namespace slackline::bench {

namespace {

constexpr std::size_t depth = 2;  // a worker's window
constexpr std::uint64_t warm_items = 20;
constexpr std::size_t round_trip_bytes = 1'024;

/// Two ways to do one work, measured in turn; which comes first alternates from round to round.
struct comparison {
    std::function<double()> raw_s;
    std::function<link_sample()> ours;
    std::vector<double> raw = {};
    std::vector<link_sample> samples = {};

    void run(unsigned rounds) {
        for (unsigned r = 0; r < rounds; ++r) {
            if (r % 2 == 0) raw.push_back(raw_s());
            samples.push_back(ours());
            if (r % 2 != 0) raw.push_back(raw_s());
        }
    }

    template <class Figure>
    std::vector<double> each(Figure figure) const {
        std::vector<double> all;
        for (std::size_t i = 0; i < raw.size(); ++i) all.push_back(figure(raw[i], samples[i]));
        return all;
    }
};

// As many items as fill about a round, by what bare sockets need for a few.
std::uint64_t items_of(const settings& s, double a_few_s, std::uint64_t few) {
    return static_cast<std::uint64_t>(s.round_s * static_cast<double>(few) / a_few_s) + few;
}

void tell_costs(report& to, const comparison& c, std::uint64_t items) {
    const auto all = static_cast<double>(items + warm_items);
    const auto add = [&](const std::string& name, const std::string& unit, auto figure) {
        to.add(name, unit, c.each([&](double, const link_sample& s) {
            return static_cast<double>(figure(s.worker) + figure(s.shard)) / all;
        }));
    };
    add("an item: calls that wrote", "", [](const link_counters& l) { return l.writes; });
    add("an item: calls that read", "", [](const link_counters& l) { return l.reads; });
    add("an item: bytes copied in user space", "bytes",
        [](const link_counters& l) { return l.copied_bytes; });
}

void copies(report& to, const settings& s, std::size_t bytes, socket_kind kind, route over) {
    constexpr std::uint64_t few = 8;
    const auto items = items_of(s, copy_s(kind, bytes, depth, few), few);
    comparison c{[&] { return copy_s(kind, bytes, depth, items); },
                 [&] { return run_link({bytes, depth, true, warm_items, items}, over); }};
    c.run(s.rounds);
    const bool plain = over == route::local;
    to.section(fmt::format("{} KiB there and back, {} on the way, {}", bytes >> 10, depth,
                           plain ? "Unix socket" : "TCP with checksums"));
    const double moved_mb = 2e-6 * static_cast<double>(bytes * items);
    to.add("bare sockets", "MB/s", c.each([&](double raw, auto&) { return moved_mb / raw; }));
    to.add("Slackline", "MB/s",
           c.each([&](double, auto& ours) { return moved_mb / ours.seconds; }));
    to.add("Slackline / bare sockets", "",
           c.each([](double raw, auto& ours) { return raw / ours.seconds; }),
           plain ? std::optional(0.75) : std::nullopt);
    tell_costs(to, c, items);
}

void round_trips(report& to, const settings& s) {
    constexpr std::uint64_t few = 100;
    const auto bare_s = [](std::uint64_t items, waiting how) {
        return round_trip_s(socket_kind::unix_stream, items, how);
    };
    const auto items = items_of(s, bare_s(few, waiting::in_the_call), few);
    std::vector<double> loop_s;
    comparison c{[&] { return bare_s(items, waiting::in_the_call); },
                 [&] {
                     loop_s.push_back(bare_s(items, waiting::in_epoll));
                     return run_link({round_trip_bytes, 1, false, warm_items, items}, route::local);
                 }};
    c.run(s.rounds);
    to.section("a push of 1 KiB and that it landed, one at a time, Unix socket");
    const auto n = static_cast<double>(items);
    std::vector<double> loop, to_loop;
    for (std::size_t i = 0; i < loop_s.size(); ++i) {
        loop.push_back(n / loop_s[i]);
        to_loop.push_back(loop_s[i] / c.samples[i].seconds);
    }
    to.add("bare sockets, asleep in recv", "1/s",
           c.each([&](double raw, auto&) { return n / raw; }));
    to.add("bare sockets, waiting in epoll", "1/s", loop);
    to.add("Slackline", "1/s", c.each([&](double, auto& ours) { return n / ours.seconds; }));
    to.add("Slackline / asleep in recv", "",
           c.each([](double raw, auto& ours) { return raw / ours.seconds; }), 0.8);
    to.add("Slackline / waiting in epoll", "", to_loop);
    to.add("an item: worker's processor time", "us",
           c.each([&](double, auto& ours) { return 1e6 * ours.worker_s / n; }));
    tell_costs(to, c, items);
}

}  // namespace

void link(report& to, const settings& s) {
    to.begin("link",
             "a worker's process and a shard's: pushes, applies and pulls, beside the same "
             "bytes over bare sockets");
    for (const std::size_t kib : {64, 1'024, 16'384}) {
        copies(to, s, kib << 10, socket_kind::unix_stream, route::local);
        copies(to, s, kib << 10, socket_kind::tcp_loopback, route::between);
    }
    round_trips(to, s);
}

}  // namespace slackline::bench
