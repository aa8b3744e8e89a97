// A shard that has copies: what a primary passes on, and what it gives to one that lacks
// everything.
#include <algorithm>

#include "actors/shard.hpp"
#include "actors/shard_state.hpp"

namespace slackline {

namespace {
constexpr std::size_t records_a_frame_max = 512;
}

void shard::lead(wire::Lead::Reader l, outbox& out) {
    const auto todo = log_.lead(l, out);
    if (todo.begins) started_ = true;
    for (const auto& copy : todo.to_fill) fill(copy, out);
    if (todo.begins) advance(out);
}

void shard::fill(copy_life to, outbox& out) {
    auto behind = carried();
    frame_builder b = reply({role::SHARD, settings_.index, to.copy});
    auto restore = b.root().initRestore();
    restore.setCount(count_);
    restore.setIncarnation(to.incarnation);
    auto closed = closed_.state();
    closed.position = next_ - pending_.size();
    write(restore.initLedger(), closed);
    auto filling = restore.initFilling();
    log_.copies().filling(filling, behind.size());
    auto fences = filling.initFences(static_cast<unsigned>(fenced_.size()));
    unsigned i = 0;
    for (const auto& [worker, incarnation] : fenced_) {
        fences[i].setWorker(worker);
        fences[i++].setIncarnation(incarnation);
    }
    write_state(b, restore, true);
    log_.copies().fill(to, b.finish(), std::move(behind), out);
}

// Slices that wait for their record, and records that wait for a version buffer.
std::vector<frame> shard::carried() const {
    std::vector<frame> all;
    for (const auto& [key, slice] : landed_) all.push_back(slice.payload);
    const auto first = next_ - pending_.size();
    for (std::size_t at = 0; at < pending_.size(); at += records_a_frame_max) {
        frame_builder b = reply(self());
        auto records = b.root().initRecords();
        records.setFirst(first + at);
        const auto n = std::min(records_a_frame_max, pending_.size() - at);
        auto list = records.initRecords(static_cast<unsigned>(n));
        for (unsigned k = 0; k < n; ++k) write(list[k], pending_[at + k].what);
        all.push_back(b.finish());
    }
    return all;
}

void shard::take_appended(const frame& f, wire::Message::Reader m, outbox& out) {
    log_.take(
        f, m, [&](const frame& one, std::uint64_t position) { replay(one, position, out); }, out);
}

void shard::note_digest() {
    if (!log_.copies().compares()) return digest_.begin();
    digest_.note(count_, [&](auto see) {
        see({current_->data(), map_->slice_floats(settings_.index)});
        for (const auto& slot : state_) see(slot);
        for (const auto& t : tables_) t.visit(see);
    });
    if (const auto d = digest_.now()) log_.copies().note_digest(count_, *d);
}

}  // namespace slackline
