#include "tests/sim/log_replay.hpp"

#include <fmt/format.h>

#include <limits>

#include "messages/decode.hpp"

namespace slackline {

std::string log_replay::read(storage& disk, const std::string& folder, log_identity id,
                             std::uint64_t segment_bytes) {
    if (!disk.list(folder)) return {};  // it was kept by nobody
    auto log = write_ahead_log::open(disk, folder, id, 0, segment_bytes);
    if (!log) return log.error().sentence;
    constexpr frame_limits limits{std::numeric_limits<std::uint32_t>::max(), false};
    for (auto position = log->begin(); position < log->end();) {
        const auto part = log->read(position);
        if (!part) return part.error().sentence;
        for (const auto& r : part->records) {
            const auto f = decode(r.payload, limits, heap_buffer);
            if (!f) return f.error().sentence;
            if (auto wrong = take(*f, id.of); !wrong.empty()) return wrong;
            position = r.position + 1;
        }
    }
    return {};
}

std::string log_replay::take(const frame& f, address owner) {
    frame_reader reader(f);
    const auto m = reader.root();
    if (m.getEra() != era_) return {};
    if (m.isPush() && !pushed_.add(f, m, owner.index))
        return fmt::format("item {} is logged twice with other bytes", m.getPush().getItem());
    if (!m.isRecords()) return {};
    auto position = m.getRecords().getFirst();
    for (auto one : m.getRecords().getRecords()) {
        const auto [at, fresh] = bytes_.try_emplace(position, bytes_of(one));
        if (!fresh && at->second != bytes_of(one))
            return fmt::format("position {} is logged with two contents", position);
        const auto entry = slackline::read(one);
        if (const auto* a = std::get_if<apply_record>(&entry))
            applied_.insert_or_assign(position, *a);
        ++position;
    }
    return {};
}

std::string log_replay::replay(replayer& to, std::uint64_t position) const {
    for (const auto& [at, unused] : bytes_) {
        if (at < position) continue;
        if (at != position++)
            return fmt::format("the logs lack entry {} of the order", position - 1);
        const auto a = applied_.find(at);
        if (a == applied_.end()) continue;
        std::vector<whole_gradient> sent;
        for (const auto& i : a->second.items) {
            auto g = pushed_.of(i);
            if (!g) return fmt::format("the logs lack a slice of item {}", i.item);
            sent.push_back(std::move(*g));
        }
        std::vector<const whole_gradient*> pointers;
        for (const auto& g : sent) pointers.push_back(&g);
        to.apply(a->second, pointers);
    }
    return {};
}

}  // namespace slackline
