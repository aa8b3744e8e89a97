#include "tests/sim/drawn.hpp"

#include <fmt/format.h>

#include "actors/consistency.hpp"

namespace slackline {

drawn draw(std::mt19937_64& r) {
    drawn d{};
    do {
        d.workers = 1 + static_cast<std::uint32_t>(r() % 4);
        auto& c = d.rules.consistency;
        c = {};
        c.aggregate = static_cast<std::uint32_t>(r() % 4);
        if (r() % 3 != 0) c.staleness = static_cast<std::uint32_t>(r() % 6);
        c.late = static_cast<late_policy>(r() % 3);
        if (r() % 4 == 0) c.slack = static_cast<std::uint32_t>(r() % 4);
        c.repeats = r() % 2 == 0;
        c.window = 1 + static_cast<std::uint32_t>(r() % 3);
        c.cancel_late = c.staleness && c.late != late_policy::wait && r() % 2 == 0;
        c.level = static_cast<ack_level>(r() % 3);
        c.replicas = 1;
        if (c.level == ack_level::replicated) c.replicas = static_cast<std::uint16_t>(2 + r() % 2);
        if (c.level == ack_level::logged) c.replicas = static_cast<std::uint16_t>(1 + r() % 3);
    } while (!check(d.rules.consistency, d.workers));
    d.shards = 1 + static_cast<std::uint32_t>(r() % 4);
    d.with_table = r() % 2 == 0;
    d.faults.delay_max_ms = std::int64_t(r() % 30);
    if (r() % 2 == 0) d.faults.loss = 0.02;
    if (r() % 2 == 0) d.faults.duplication = 0.05;
    d.places = static_cast<std::uint16_t>(d.rules.consistency.replicas + r() % 3);
    d.nodes = 1 + static_cast<std::uint32_t>(r() % 5);
    d.streams.delay_max_ms = std::int64_t(r() % 10);
    d.streams.part_bytes_max = std::size_t(64) << r() % 12;
    d.streams.window_bytes = std::size_t(1'024) << r() % 10;
    if (r() % 2 == 0) d.streams.corruption = 0.001;
    d.fault_every_ms = r() % 4 == 0 ? 0 : 700 + std::int64_t(r() % 3'000);
    d.disk_faults = d.fault_every_ms > 0 && r() % 2 == 0;
    d.rules.items_total = 20 + r() % 150;
    d.rules.items_per_epoch = 10 + r() % 40;
    d.log_segment_bytes = std::uint64_t(512) << r() % 10;
    if (r() % 4 == 0) d.poison = r() % d.rules.items_total;
    d.optimizer.kind = static_cast<optimizer_kind>(r() % 8);
    if (d.optimizer.kind != optimizer_kind::ftrl && r() % 2 == 0) d.optimizer.weight_decay = 0.01f;
    d.rules.clip_norm = r() % 2 == 0 ? 10 : 0;
    d.rules.scalars = [o = d.optimizer](std::uint64_t count, std::uint64_t) {
        return step_scalars_at(o, 0.05f, count);
    };
    return d;
}

std::string describe(const drawn& d) {
    const auto& c = d.rules.consistency;
    return fmt::format(
        "{}, {} replicas at {} places: {} workers, {} shards, {} items, aggregate {}, staleness "
        "{}, late {}, "
        "slack {}, "
        "repeats "
        "{}, window {}, {}, delay {} ms, loss {}, {} nodes, turned bits {}, a fault every {} ms{}",
        to_string(c.level), c.replicas, d.places, d.workers, d.shards, d.rules.items_total,
        c.aggregate, c.staleness ? int(*c.staleness) : -1, to_string(c.late),
        c.slack ? int(*c.slack) : -1, c.repeats, c.window, to_string(d.optimizer.kind),
        d.faults.delay_max_ms, d.faults.loss, d.nodes, d.streams.corruption, d.fault_every_ms,
        d.disk_faults ? ", of the disk too" : "");
}

}  // namespace slackline
