// A state that is published, restored into any number of shards, and gathered from them again is
// the same state, bit for bit: by the real coordinator, shards and checkpointer.
#include "actors/checkpointer.hpp"
#include "actors/coordinator.hpp"
#include "actors/shard.hpp"
#include "tests/catch.hpp"
#include "tests/sim/sim_storage.hpp"
#include "tests/unit/checkpoint_samples.hpp"

using namespace slackline;

namespace {

class silent_observer : public run_observer {
public:
    void era_begun(std::uint64_t, const ledger_state&, const std::string&) override {}
    void progressed(const sequencer_stats&, double) override {}
    void evaluated(const evaluation_report&) override {}
    void published(const cut_record&, const std::string&, const ledger_state&) override {}
    void warned(const std::string&) override {}
    void failed(const std::string& sentence) override { FAIL(sentence); }
    void happened(const std::string&) override {}
    void finished() override {}
};

// Layouts whose rows do not divide evenly, more shards than rows among them.
model_layout uneven_layout() {
    return {{{"a", {7, 3}, {}}, {"b", {5}, {}}, {"c", {1, 40}, {}}}, {{"t", 3, {}}, {"u", 1, {}}}};
}

table_rows rows_of(std::uint64_t n, std::size_t width, std::size_t slots) {
    table_rows t;
    for (std::uint64_t i = 0; i < n; ++i) t.ids.push_back(i * i * 977 + 5);
    t.rows = sample_numbers(n, 1, n * width);
    for (unsigned s = 0; s < slots; ++s) t.state.push_back(sample_numbers(n, 2 + s, n * width));
    return t;
}

model_state uneven_state(std::size_t slots) {
    model_state s;
    s.at = {1, 30};
    s.ledger = sample_ledger(30);
    s.tensors = {sample_numbers(1, 0, 21), sample_numbers(2, 0, 5), sample_numbers(3, 0, 40)};
    for (unsigned k = 1; k <= slots; ++k)
        s.state.push_back(
            {sample_numbers(1, k, 21), sample_numbers(2, k, 5), sample_numbers(3, k, 40)});
    s.tables = {rows_of(23, 3, slots), rows_of(11, 1, slots)};
    return s;
}

const cut_record checkpoint_cut{32, 30, {true, false, false}};

// Rows come back in the shards' order: compared by id.
void sort_rows(table_rows& t, std::size_t width) {
    std::map<std::uint64_t, std::size_t> places;
    for (std::size_t i = 0; i < t.ids.size(); ++i) places[t.ids[i]] = i;
    const auto in_order = [&](const std::vector<float>& from) {
        std::vector<float> to;
        for (const auto& [id, i] : places)
            for (std::size_t c = 0; c < width; ++c) to.push_back(from[i * width + c]);
        return to;
    };
    t.rows = in_order(t.rows);
    for (auto& s : t.state) s = in_order(s);
    t.ids.clear();
    for (const auto& [id, i] : places) t.ids.push_back(id);
}

frame account_frame(const ledger_state& ledger) {
    frame_builder b({role::SEQUENCER, 0}, {role::CHECKPOINTER, 0}, 1, 2);
    auto account = b.root().initAccount();
    write(account.initCut(), checkpoint_cut);
    write(account.initLedger(), ledger);
    return b.finish();
}

frame cut_frame(std::uint32_t shard) {
    frame_builder b({role::SEQUENCER, 0}, {role::SHARD, shard}, 1, 2);
    auto entries = b.root().initRecords().initRecords(1);
    write(entries[0], stream_entry(checkpoint_cut));
    return b.finish();
}

void hand(participant& to, const frame& f, outbox& out) {
    frame_reader reader(f);
    to.handle(f, reader.root(), 0, out);
}

// Restores the newest checkpoint into so many shards and publishes what they hold.
void pass_through(checkpoint_store& store, std::uint32_t shards, optimizer_kind kind) {
    const auto map = std::make_shared<shard_map>(uneven_layout(), shards);
    silent_observer observer;
    coordinator_settings settings;
    settings.items_total = sample_ledger(30).items_total;
    settings.run = 1;
    coordinator c(settings, map, store, observer);
    checkpointer writer({1}, map, state_slots(kind), store);
    outbox restores;
    c.tick(0, restores);
    REQUIRE(restores.size() == shards);
    outbox snapshots;
    for (const auto& r : restores) {
        shard_settings s;
        s.index = r.to.index;
        s.run = 1;
        s.optimizer.kind = kind;
        shard one(s, map);
        hand(one, r.frame, snapshots);
        hand(one, cut_frame(s.index), snapshots);
    }
    outbox published;
    for (const auto& s : snapshots)
        if (s.to.role == role::CHECKPOINTER) hand(writer, s.frame, published);
    REQUIRE(published.empty());
    hand(writer, account_frame(sample_ledger(30)), published);
    REQUIRE(published.size() == 1);
    frame_reader reader(published.front().frame);
    REQUIRE(reader.root().isPublished());
}

}  // namespace

TEST_CASE("a checkpoint restored onto another number of shards has the same tensors") {
    for (const auto kind : {optimizer_kind::sgd, optimizer_kind::momentum, optimizer_kind::adam})
        for (std::uint32_t shards : {1, 2, 3, 5, 16}) {
            CAPTURE(to_string(kind), shards);
            sim_storage disk;
            auto identity = sample_identity();
            identity.optimizer = to_string(kind);
            stored_checkpoints store(
                {identity, uneven_layout(), state_slots(kind), 2}, disk,
                [] { return std::string("2026-01-31T12:00:00Z"); },
                [](const std::string& s) { FAIL(s); });
            auto expected = uneven_state(state_slots(kind));
            REQUIRE(store.begin_era().value().era == 1);
            REQUIRE(store.publish(expected));
            pass_through(store, shards, kind);
            auto loaded = store.newest().value();
            REQUIRE(loaded);
            REQUIRE(loaded->at == version{2, 30});
            loaded->at = expected.at;
            for (auto* s : {&expected, &*loaded})
                for (std::size_t t = 0; t < 2; ++t)
                    sort_rows(s->tables[t], uneven_layout().tables[t].width);
            REQUIRE(same(*loaded, expected));
        }
}
