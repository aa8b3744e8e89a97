#include "actors/checkpointer.hpp"

#include <fmt/format.h>

#include "actors/shard_frames.hpp"
#include "actors/wire_order.hpp"

namespace slackline {

namespace {

constexpr address coordinator_address{role::COORDINATOR, 0};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

checkpointer::checkpointer(cut_reader_settings settings, std::shared_ptr<const shard_map> map,
                           std::size_t state_slots, checkpoint_store& store)
    : settings_(settings),
      map_(std::move(map)),
      state_slots_(state_slots),
      store_(store),
      parts_(map_->shards()) {}

void checkpointer::handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms,
                          outbox& out) {
    if (m.getRun() != settings_.run || !(m.isSnapshot() || m.isAccount())) return;
    if (const auto whole = parts_.take(f, m, now_ms)) publish(*whole, out);
}

void checkpointer::tick(std::int64_t now_ms, outbox& out) {
    for (const auto& lost : parts_.take_lost(now_ms, settings_.parts_ms))
        send_cut_failed(role::CHECKPOINTER, settings_.run, lost,
                        fmt::format("the checkpoint of cut {} was given up: not every part of it "
                                    "came in time",
                                    lost.cut.cut),
                        out);
}

void send_cut_failed(role from, std::uint64_t run, const lost_cut& lost,
                     const std::string& sentence, outbox& out) {
    frame_builder b({from, 0}, coordinator_address, run, lost.era);
    auto failed = b.root().initCutFailed();
    write(failed.initCut(), lost.cut);
    failed.setSentence(sentence);
    out.push_back({coordinator_address, b.finish()});
}

void checkpointer::publish(const whole_cut& whole, outbox& out) {
    if (done_.of(whole)) return out.push_back({coordinator_address, done_.sent});
    const auto path =
        assemble(whole).and_then([&](const model_state& s) { return store_.publish(s); });
    if (!path)
        return send_cut_failed(role::CHECKPOINTER, settings_.run, {whole.era, whole.cut},
                               path.error().sentence, out);
    frame_builder b({role::CHECKPOINTER, 0}, coordinator_address, settings_.run, whole.era);
    auto published = b.root().initPublished();
    write(published.initCut(), whole.cut);
    published.setPath(*path);
    write(published.initLedger(), whole.ledger);
    const auto told = b.finish();
    done_.note(whole, told);
    out.push_back({coordinator_address, told});
}

result<model_state> checkpointer::assemble(const whole_cut& whole) const {
    model_state state;
    state.at = {whole.era, whole.cut.count};
    state.ledger = whole.ledger;
    const auto& layout = map_->layout();
    for (const auto& t : layout.tensors) state.tensors.emplace_back(t.size());
    state.state.assign(state_slots_, state.tensors);
    state.tables.resize(layout.tables.size());
    for (auto& t : state.tables) t.state.resize(state_slots_);
    for (std::uint32_t s = 0; s < map_->shards(); ++s) {
        frame_reader reader(whole.snapshots[s]);
        const auto snapshot = reader.root().getSnapshot();
        if (!read_dense(s, snapshot, state) || !read_tables(snapshot, state))
            return fail(failure_code::mismatch,
                        fmt::format("shard {}'s snapshot does not have this model's shapes; "
                                    "restart the run's nodes with one job file",
                                    s));
    }
    return state;
}

bool checkpointer::read_dense(std::uint32_t shard, wire::Snapshot::Reader from,
                              model_state& to) const {
    std::vector<float> slice(map_->slice_floats(shard));
    const auto spread = [&](capnp::List<capnp::Data>::Reader chunks,
                            std::vector<std::vector<float>>& tensors) {
        if (!read_floats(chunks, slice)) return false;
        for (const auto& r : map_->ranges(shard))
            std::copy_n(slice.begin() + static_cast<std::ptrdiff_t>(r.offset), r.floats,
                        tensors[r.tensor].begin() +
                            static_cast<std::ptrdiff_t>(r.row_begin *
                                                        map_->layout().tensors[r.tensor].width()));
        return true;
    };
    if (!spread(from.getDense(), to.tensors) || from.getState().size() != state_slots_)
        return false;
    for (unsigned s = 0; s < state_slots_; ++s)
        if (!spread(from.getState()[s], to.state[s])) return false;
    return true;
}

bool checkpointer::read_tables(wire::Snapshot::Reader from, model_state& to) const {
    if (from.getTables().size() != to.tables.size()) return false;
    for (unsigned t = 0; t < to.tables.size(); ++t) {
        table_rows part;
        if (!read_table(from.getTables()[t], map_->layout().tables[t].width, state_slots_, part))
            return false;
        append(to.tables[t].ids, part.ids);
        append(to.tables[t].rows, part.rows);
        for (std::size_t s = 0; s < state_slots_; ++s) append(to.tables[t].state[s], part.state[s]);
    }
    return true;
}

}  // namespace slackline
