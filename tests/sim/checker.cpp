#include "tests/sim/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "actors/copies_note.hpp"
#include "actors/shard_frames.hpp"
#include "tests/sim/seen_bytes.hpp"

namespace slackline {

namespace {

bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

}  // namespace

checker::checker(checker_settings settings)
    : settings_(settings),
      replay_(settings.map->layout(), settings.optimizer, settings.seed),
      pushes_(settings.map) {}

void checker::violate(const std::string& what) {
    if (violations_.size() < 20)
        violations_.push_back(fmt::format("era {}, count {}: {}", era_, count_, what));
}

checker::image checker::now_is() const {
    image i{replay_.tensors(), replay_.state(), {}};
    for (std::size_t t = 0; t < settings_.map->layout().tables.size(); ++t)
        i.tables.push_back(replay_.table(t));
    return i;
}

void checker::era_begins(std::uint64_t era, const std::optional<model_state>& from) {
    if (era <= era_) violate(fmt::format("era {} begins after era {}", era, era_));
    check_start(from);
    if (!acknowledged_.empty() && !resharded_ && !may_be_lost())
        violate(fmt::format("era {} begins, and what was acknowledged was {}", era,
                            to_string(settings_.level)));
    if (std::exchange(resharded_, false) && (!from || !is_all_of_it(from->ledger)))
        violate("a run goes on in other shards from less than was ordered");
    lists_.clear();
    era_ = era;
    count_ = from ? from->ledger.count : 0;
    stream_.clear();
    applied_.clear();
    skipped_.clear();
    acknowledged_.clear();
    pushes_ = pushed_gradients(settings_.map);
    began_from_ = from;
    kept_.clear();
    versions_.clear();
    cut_ledgers_.clear();
    pulled_counts_.clear();
    floors_.clear();
    offered_.clear();
    if (from) {
        replay_.begin(*from);
        // Which of the items below the watermark were skipped is not in the ledger; that they are
        // closed is what counts.
        for (item_id i = 0; i < from->ledger.watermark; ++i) applied_.insert(i);
        applied_.insert(from->ledger.applied_above.begin(), from->ledger.applied_above.end());
        skipped_.insert(from->ledger.skipped_above.begin(), from->ledger.skipped_above.end());
    } else {
        replay_.begin();
    }
    versions_[count_] = now_is();
}

bool checker::is_all_of_it(const ledger_state& l) const {
    return l.count == count_ && l.applied + l.skipped == applied_.size() + skipped_.size();
}

void checker::held(std::uint64_t count) {
    if (count != count_ || !published_ || !is_all_of_it(written_.at(*published_).ledger))
        violate(fmt::format("the order is said to be held at count {}", count));
}

void checker::resharded(std::shared_ptr<const shard_map> map) {
    settings_.map = std::move(map);
    resharded_ = true;
}

void checker::fault(address who, std::int64_t ms) {
    faults_[who] = ms;
}

void checker::lists_noted(std::uint64_t era, const std::string& lists) {
    if (era != era_) return violate("lists are noted of an era that is over");
    const auto notes = read_notes(lists, settings_.map->shards() + 1);
    if (!notes) return violate("lists are noted that cannot be read");
    lists_ = *notes;
}

// What is in memory alone goes where every one of a list has had a fault of late.
bool checker::may_be_lost() const {
    constexpr std::int64_t lately_ms = 5'000;
    if (settings_.level == ack_level::logged) return false;
    for (std::uint32_t i = 0; i < lists_.size(); ++i) {
        const bool sequencer = i == settings_.map->shards();
        const auto faulty = [&](const copy_life& m) {
            const auto f = faults_.find(
                {sequencer ? role::SEQUENCER : role::SHARD, sequencer ? 0 : i, m.copy});
            return f != faults_.end() && now_ms_ - f->second <= lately_ms;
        };
        const auto& members = lists_[i].members;
        if (std::all_of(members.begin(), members.end(), faulty)) return true;
    }
    return lists_.empty();
}

void checker::saw(address, const frame& f, wire::Message::Reader m) {
    if (m.getEra() != era_) return;
    switch (m.which()) {
        case wire::Message::PUSH:
            return saw_push(f, m);
        case wire::Message::RECORDS:
            return saw_records(m.getRecords());
        case wire::Message::PULLED:
            return saw_pulled(m);
        case wire::Message::SNAPSHOT:
            return saw_snapshot(m);
        case wire::Message::ACCOUNT:
            return saw_account(m.getAccount());
        case wire::Message::GRANT:
            floors_[{m.getGrant().getIncarnation(), m.getGrant().getLease()}] =
                m.getGrant().getFloor();
            return;
        case wire::Message::RESTORED:
            return saw_restored(read_address(m.getFrom()), m.getRestored().getIncarnation());
        case wire::Message::COMMIT:
            return saw_commit(m.getFrom().getIndex(), m.getCommit());
        case wire::Message::OUTCOME:
            if (m.getOutcome().getAnswer() == wire::Answer::FIRST)
                acknowledged_.insert(m.getOutcome().getItem());
            return;
        default:
            return;
    }
}

void checker::saw_push(const frame& f, wire::Message::Reader m) {
    if (!pushes_.add(f, m, m.getTo().getIndex()))
        violate(fmt::format("item {} is pushed twice by one worker with other bytes",
                            m.getPush().getItem()));
}

void checker::saw_records(wire::Records::Reader r) {
    std::uint64_t position = r.getFirst();
    for (auto one : r.getRecords()) {
        const auto content = bytes_of(one);
        if (position > stream_.size()) return violate("the stream of records has a gap");
        if (position < stream_.size()) {
            if (stream_[position] != content)
                violate(fmt::format("position {} has two contents", position));
        } else {
            stream_.push_back(content);
            take(read(one));
        }
        ++position;
    }
}

void checker::take(const stream_entry& e) {
    if (const auto* a = std::get_if<apply_record>(&e)) return take(*a);
    if (const auto* s = std::get_if<skip_record>(&e)) {
        if (applied_.contains(s->item) || !skipped_.insert(s->item).second)
            violate(fmt::format("item {} is closed twice", s->item));
    }
    if (const auto* c = std::get_if<cut_record>(&e); c && c->count != count_)
        violate("a cut is placed at another count");
}

void checker::take(const apply_record& r) {
    if (r.count != count_ + 1) violate("counts are not dense");
    if (r.divisor != static_cast<float>(r.items.size())) violate("the divisor is wrong");
    std::vector<whole_gradient> sent;
    for (const auto& i : r.items) {
        if (i.base > count_ || (settings_.staleness && count_ - i.base > *settings_.staleness))
            violate(fmt::format("item {} with base {} is over the bound", i.item, i.base));
        if (skipped_.contains(i.item) || !applied_.insert(i.item).second)
            violate(fmt::format("item {} is closed twice", i.item));
        auto g = pushes_.of(i);
        if (!g)
            return violate(
                fmt::format("item {} is applied and was not pushed to every shard", i.item));
        sent.push_back(std::move(*g));
    }
    std::vector<const whole_gradient*> pointers;
    for (const auto& g : sent) pointers.push_back(&g);
    replay_.apply(r, pointers);
    count_ = r.count;
    versions_[count_] = now_is();
}

void checker::compare_slice(std::uint32_t shard, capnp::List<capnp::Data>::Reader chunks,
                            const std::vector<std::vector<float>>& tensors,
                            const std::string& where) {
    const auto& map = *settings_.map;
    std::vector<float> slice(map.slice_floats(shard));
    if (!read_floats(chunks, slice)) return violate(where + " has another size");
    for (const auto& r : map.ranges(shard)) {
        const auto begin = r.row_begin * map.layout().tensors[r.tensor].width();
        if (!same_bits(std::span(slice).subspan(r.offset, r.floats),
                       std::span(tensors[r.tensor]).subspan(begin, r.floats)))
            violate(fmt::format("{}: tensor {} of shard {} is not the replayed one", where,
                                r.tensor, shard));
    }
    ++versions_compared_;
}

void checker::saw_pulled(wire::Message::Reader m) {
    const auto p = m.getPulled();
    const auto shard = m.getFrom().getIndex();
    auto& last = pulled_counts_[read_address(m.getFrom())];
    if (p.getCount() < last) violate(fmt::format("shard {} went back", shard));
    last = std::max(last, p.getCount());
    auto& offered = offered_[{m.getTo().getIndex(), p.getRequest()}][shard];
    offered = std::max(offered, p.getCount());
    const auto at = versions_.find(p.getCount());
    if (at == versions_.end()) return violate("a version was pulled that nobody ordered");
    compare_slice(shard, p.getDense(), at->second.tensors,
                  fmt::format("a pull at {}", p.getCount()));
}

// What it had applied was acknowledged to nobody, as far as its log had not got so far.
void checker::saw_restored(address shard, std::uint64_t life) {
    auto& last = lives_[shard];
    if (life > last) pulled_counts_.erase(shard);
    last = std::max(last, life);
}

void checker::saw_commit(std::uint32_t worker, wire::Commit::Reader c) {
    if (c.getBase() < floors_.at({c.getIncarnation(), c.getLease()}))
        violate("a base lies below the floor of its lease");
    for (const auto& [shard, count] : offered_[{worker, c.getAttempt()}])
        if (c.getBase() > count)
            violate(
                fmt::format("base {} lies above the slice that shard {} gave", c.getBase(), shard));
}

void checker::saw_snapshot(wire::Message::Reader m) {
    const auto s = m.getSnapshot();
    const auto shard = m.getFrom().getIndex();
    const auto cut = read(s.getCut());
    const auto at = versions_.find(cut.count);
    if (at == versions_.end()) return violate("a snapshot of a count that nobody ordered");
    const auto where = fmt::format("cut {}", cut.cut);
    compare_slice(shard, s.getDense(), at->second.tensors, where);
    for (unsigned k = 0; k < s.getState().size(); ++k)
        compare_slice(shard, s.getState()[k], at->second.state[k], where + "'s state");
    for (unsigned t = 0; t < s.getTables().size(); ++t)
        compare_rows(shard, t, s.getTables()[t], at->second, s.getState().size() > 0, where);
}

void checker::compare_rows(std::uint32_t shard, std::size_t table, wire::TablePart::Reader part,
                           const image& at, bool with_state, const std::string& where) {
    const auto& map = *settings_.map;
    const auto width = map.layout().tables[table].width;
    table_rows rows;
    const auto slots = with_state ? at.state.size() : 0;
    if (!read_table(part, width, slots, rows)) return violate(where + ": a table has other sizes");
    std::size_t expected = 0;
    for (const auto& [id, row] : at.tables[table])
        expected += map.shard_of(table, id) == shard ? 1 : 0;
    if (rows.ids.size() != expected) return violate(where + ": a table has other rows");
    for (std::size_t k = 0; k < rows.ids.size(); ++k) {
        const auto row = at.tables[table].find(rows.ids[k]);
        if (row == at.tables[table].end()) return violate(where + ": a row that nobody updated");
        const auto part_of = [&](const std::vector<float>& all) {
            return std::span(all).subspan(k * width, width);
        };
        if (!same_bits(part_of(rows.rows), row->second.values))
            violate(fmt::format("{}: row {} is not the replayed one", where, rows.ids[k]));
        for (std::size_t s = 0; s < slots; ++s)
            if (!same_bits(part_of(rows.state[s]), row->second.state[s]))
                violate(
                    fmt::format("{}: row {}'s state is not the replayed one", where, rows.ids[k]));
    }
}

// The account is sent when the cut is placed, before the records that precede it may have been
// seen: it is compared at publication and at the end.
void checker::saw_account(wire::Account::Reader a) {
    const auto cut = read(a.getCut());
    cut_ledgers_[cut.cut] = read(a.getLedger());
    if (cut_ledgers_[cut.cut].count != cut.count) violate("an account belongs to another count");
}

void checker::publishing(const model_state& state) {
    written_[{state.at, state.ledger.cuts}] = state;
    if (state.at.era != era_) return;
    const auto at = versions_.find(state.at.count);
    if (at == versions_.end()) return violate("a state was published that nobody ordered");
    for (std::size_t t = 0; t < state.tensors.size(); ++t)
        if (!same_bits(state.tensors[t], at->second.tensors[t]))
            violate(fmt::format("the published tensor {} is not the replayed one", t));
    for (const auto item : state.ledger.applied_above)
        if (!applied_.contains(item))
            violate("a published ledger has an item that was not applied");
    if (state.ledger.applied + state.ledger.skipped != state.ledger.watermark +
                                                           state.ledger.applied_above.size() +
                                                           state.ledger.skipped_above.size())
        violate("a published ledger does not add up");
}

void checker::published(const model_state& state) {
    const std::pair key{state.at, state.ledger.cuts};
    if (published_ && !(*published_ < key)) return;
    published_ = key;
    if (state.at.era != era_) return;
    kept_.push_back(state);
    if (kept_.size() > 2) kept_.pop_front();
}

void checker::check_start(const std::optional<model_state>& from) {
    if (!from) {
        if (published_) violate("an era begins from nothing, and a state was published");
        return;
    }
    const std::pair key{from->at, from->ledger.cuts};
    if (published_ && key < *published_)
        violate(fmt::format("an era begins at count {} and a newer state was published",
                            from->at.count));
    const auto written = written_.find(key);
    if (written == written_.end()) return violate("an era begins with a state nobody wrote");
    const auto& w = written->second;
    bool same = w.ledger == from->ledger && w.tensors.size() == from->tensors.size() &&
                w.tables.size() == from->tables.size();
    for (std::size_t t = 0; same && t < w.tensors.size(); ++t) {
        same = same_bits(w.tensors[t], from->tensors[t]);
        for (std::size_t k = 0; same && k < w.state.size(); ++k)
            same = same_bits(w.state[k][t], from->state[k][t]);
    }
    for (std::size_t t = 0; same && t < w.tables.size(); ++t)
        same = w.tables[t].ids == from->tables[t].ids &&
               same_bits(w.tables[t].rows, from->tables[t].rows);
    if (!same) violate("an era begins with other bits than were written");
}

bool checker::is_in_sync(address who) const {
    const auto i = who.role == role::SEQUENCER ? settings_.map->shards() : who.index;
    if (i >= lists_.size()) return who.copy == 0;
    return std::any_of(lists_[i].members.begin(), lists_[i].members.end(),
                       [&](const copy_life& m) { return m.copy == who.copy; });
}

// From the older of the two checkpoints that are kept, where it is of this era, else from the state
// with which the era began.
std::string checker::check_logs(const log_replay& logs) {
    if (kept_.empty()) return "nothing was published";
    replayer r(settings_.map->layout(), settings_.optimizer, settings_.seed);
    const auto from = kept_.size() > 1 ? std::optional(kept_.front()) : began_from_;
    from ? r.begin(*from) : r.begin();
    const auto position = kept_.size() > 1 ? kept_.front().ledger.position : 0;
    if (auto lacks = logs.replay(r, position); !lacks.empty()) return lacks;
    const auto& last = kept_.back();
    bool same = true;
    for (std::size_t t = 0; t < last.tensors.size(); ++t) {
        same = same && same_bits(last.tensors[t], r.tensors()[t]);
        for (std::size_t k = 0; k < last.state.size(); ++k)
            same = same && same_bits(last.state[k][t], r.state()[k][t]);
    }
    for (std::size_t t = 0; t < last.tables.size(); ++t) {
        const auto& table = last.tables[t];
        const auto width = settings_.map->layout().tables[t].width;
        for (std::size_t k = 0; k < table.ids.size(); ++k) {
            const auto row = r.table(t).find(table.ids[k]);
            same = same && row != r.table(t).end() &&
                   same_bits(std::span(table.rows).subspan(k * width, width), row->second.values);
        }
    }
    if (!same) violate("the logs and a checkpoint come to other bits than the last checkpoint has");
    ++logs_replayed_;
    return {};
}

void checker::finished(const std::optional<model_state>& last) {
    check_start(last);
    if (!last || last->ledger.applied + last->ledger.skipped != settings_.items_total)
        violate("the run is done and its last checkpoint does not hold every item");
    for (item_id i = 0; i < settings_.items_total; ++i)
        if (applied_.contains(i) == skipped_.contains(i))
            violate(fmt::format("item {} was not closed exactly once", i));
    for (const auto item : acknowledged_)
        if (!applied_.contains(item))
            violate(fmt::format("item {} was acknowledged and not applied", item));
}

}  // namespace slackline
