// Copies of one part and the coordinator's list of them, on random walks: messages are late, out of
// order, doubled and lost, lives end or leave, live ones are declared dead, copies move, the
// coordinator is forgotten and goes on from what it had journaled. Who is on the journaled list has
// all that was acknowledged, by whomever, at every step; and when the faults stop, as many copies
// as are wanted are in sync again, and nobody else holds anything.
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "actors/copy_list.hpp"
#include "actors/replication.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t run = 3;
constexpr std::uint64_t era = 2;
constexpr std::int64_t beat_ms = 50;

// What it took in, and the core.
struct copy_of_part {
    std::uint64_t life = 0;
    bool holds = false;  // this era's state
    bool leaves = false;
    replication core;
    std::vector<std::uint64_t> content = {};  // ids of frames, by position

    copy_of_part(std::uint16_t copy, std::uint64_t first_life, std::uint16_t places)
        : life(first_life), core({{role::SHARD, 0, copy}, run, first_life, places, 40, 4}) {}
};

frame frame_of(std::uint64_t id) {
    frame_builder b({role::WORKER, 0}, {role::SHARD, 0}, run, era);
    b.root().initRecords().setFirst(id);
    return b.finish();
}

std::uint64_t id_of(const frame& f) {
    return frame_reader(f).root().getRecords().getFirst();
}

class walk {
public:
    explicit walk(std::uint64_t seed)
        : random_(seed), places_(2 + seed % 3), wanted_(1 + seed / 3 % places_) {
        for (std::uint16_t c = 0; c < places_; ++c) all_.emplace_back(c, ++lives_, places_);
        list_.begin_era(era);
        all_[0].holds = true;
        all_[0].core.begin_era(era);
        list_.restored({0, all_[0].life});
        settle();
    }

    bool lost() const { return list_.lost(); }
    bool violated() const { return violated_; }

    void step(bool faults) {
        now_ms_ += static_cast<std::int64_t>(random_() % 20);
        if (now_ms_ >= next_beat_ms_) beat();
        if (faults) fault();
        if (faults) append();
        if (!faults) end_who_left();
        for (int n = 0; n < 3; ++n) deliver(faults);
        check();
    }

    bool complete() {
        if (!list_.complete() || list_.in_sync() != wanted_) return false;
        const auto holding =
            std::count_if(all_.begin(), all_.end(), [](const auto& c) { return c.holds; });
        const auto& leader = all_[*list_.leader()].core;
        return holding == wanted_ && leader.held() == leader.next();
    }

private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }

    void beat() {
        next_beat_ms_ = now_ms_ + beat_ms;
        for (auto& c : all_) {
            outbox out;
            if (c.holds)
                c.core.tick(out);
            else
                out.push_back(c.core.empty_handed());
            send(out);
        }
        list_.tick(now_ms_);
        settle();
        outbox out;
        list_.send(true, out);
        send(out);
    }

    std::uint16_t index_of(const copy_of_part& c) const {
        return static_cast<std::uint16_t>(&c - all_.data());
    }

    void fault() {
        const auto copy = static_cast<std::uint16_t>(below(places_));
        switch (below(400)) {
            case 0:  // it dies, and a new life begins
                all_[copy] = copy_of_part(copy, ++lives_, places_);
                break;
            case 3:
            case 4:
                list_.place(copy, static_cast<std::uint16_t>(below(places_)));
                settle();
                break;
            case 5:
                if (below(4) != 0) break;
                all_[copy].leaves = true;
                all_[copy].core.leave();
                break;
            case 1:  // it is declared dead and is not
                list_.disconnected(copy);
                settle();
                break;
            case 2: {  // the coordinator is forgotten
                const auto noted = list_.noted();
                list_ = make_list();
                list_.adopt(era, noted, now_ms_);
                break;
            }
            default:
                break;
        }
    }

    // It goes when it holds nothing any more, or nobody else can; and is back.
    void end_who_left() {
        const bool nowhere_to_go = ++calm_steps_ > 3'000;
        for (auto& c : all_)
            if (c.leaves && (!c.holds || nowhere_to_go))
                c = copy_of_part(index_of(c), ++lives_, places_);
    }

    void append() {
        for (auto& c : all_) {
            if (!c.core.leads() || below(3) != 0 || appended_ >= 2'000) continue;
            outbox out;
            c.content.push_back(++appended_);
            c.core.append(frame_of(appended_), below(3) == 0 ? urgency::can_wait : urgency::at_once,
                          out);
            send(out);
        }
        note_acknowledged();
    }

    // Everybody who believes that it leads acknowledges what it believes that all hold. A place has
    // one content, whoever acknowledges it.
    void note_acknowledged() {
        for (const auto& c : all_) {
            const auto held = c.core.held();
            if (!c.core.leads() || !held) continue;
            for (auto at = acknowledged_.size(); at < *held; ++at)
                acknowledged_.push_back(c.content[at]);
            if (*held > 0)
                violated_ = violated_ || c.content[*held - 1] != acknowledged_[*held - 1];
        }
    }

    void send(outbox& out) {
        for (auto& o : out) in_flight_.push_back(std::move(o));
        out.clear();
    }

    void deliver(bool faults) {
        if (in_flight_.empty()) return;
        const auto pick = below(std::min<std::uint64_t>(in_flight_.size(), faults ? 30 : 5));
        const auto at = in_flight_.begin() + static_cast<std::ptrdiff_t>(pick);
        const auto o = *at;
        if (!faults || below(20) != 0) in_flight_.erase(at);  // else it comes again
        if (faults && below(30) == 0) return;
        frame_reader reader(o.frame);
        if (o.to.role == role::COORDINATOR)
            hear(reader.root());
        else
            receive(all_[o.to.copy], o.frame, reader.root());
    }

    void hear(wire::Message::Reader m) {
        const auto copy = read_address(m.getFrom()).copy;
        outbox out;
        if (m.isReady())
            list_.empty_handed({copy, m.getReady().getIncarnation()}, now_ms_, out);
        else if (m.isLeave())
            list_.left({copy, m.getLeave().getIncarnation()});
        else
            list_.stands(copy, m.getStanding(), now_ms_, out);
        send(out);
        settle();
    }

    // The journal is written at once here: what is noted is durable before anything is sent.
    void settle() {
        if (list_.to_note()) list_.take_note();
        outbox out;
        list_.send(false, out);
        send(out);
    }

    void receive(copy_of_part& c, const frame& f, wire::Message::Reader m) {
        outbox out;
        if (m.isFenced() && m.getFenced().getIncarnation() == c.life) {
            c.life = ++lives_;
            c.holds = false;
            c.core.begin_life(c.life);
        } else if (m.isRestore()) {
            restore(c, f, m, out);
        } else if (c.holds && m.isLead()) {
            for (const auto& to : c.core.lead(m.getLead(), out).to_fill) fill(c, to, out);
        } else if (c.holds && m.isFollow()) {
            c.core.follow(m.getFollow(), out);
        } else if (c.holds && m.isAppended()) {
            c.core.appended(m, out);
        } else if (c.holds && m.isAppend()) {
            const auto take = [&](const frame& one) { c.content.push_back(id_of(one)); };
            if (c.core.take(f, m.getAppend(), take))
                out.push_back(c.core.appended_message(read_address(m.getFrom())));
        }
        send(out);
        note_acknowledged();
    }

    // The state is what was taken in, without the last frames, which are carried.
    void fill(copy_of_part& by, copy_life to, outbox& out) {
        const auto k = std::min<std::size_t>(below(4), by.content.size());
        std::vector<frame> carried;
        for (std::size_t i = by.content.size() - k; i < by.content.size(); ++i)
            carried.push_back(frame_of(by.content[i]));
        frame_builder b({role::SHARD, 0, index_of(by)}, {role::SHARD, 0, to.copy}, run, era);
        auto restore = b.root().initRestore();
        restore.setIncarnation(to.incarnation);
        restore.setCount(states_.size());
        by.core.filling(restore.initFilling(), k);
        states_.emplace_back(by.content.begin(), by.content.end() - static_cast<std::ptrdiff_t>(k));
        by.core.fill(to, b.finish(), std::move(carried), out);
    }

    void restore(copy_of_part& c, const frame&, wire::Message::Reader m, outbox& out) {
        const auto r = m.getRestore();
        if (r.getIncarnation() != c.life) return;
        if (!c.holds || c.core.is_news(era, r.getFilling())) {
            c.core.begin_as_copy(era, r.getFilling());
            c.content = states_[r.getCount()];
            c.holds = true;
        }
        if (!c.core.leads()) out.push_back(c.core.appended_message(read_address(m.getFrom())));
    }

    void check() {
        const auto noted = list_.noted();
        for (const auto& m : noted.members) {
            const auto& c = all_[m.copy];
            if (c.life != m.incarnation) continue;  // it has died
            violated_ = violated_ || !c.holds || c.content.size() != c.core.next() ||
                        c.content.size() < acknowledged_.size() ||
                        !std::equal(acknowledged_.begin(), acknowledged_.end(), c.content.begin());
        }
    }

    copy_list make_list() const {
        return copy_list({{role::SHARD, 0}, run, places_, wanted_, 5 * beat_ms});
    }

    std::mt19937_64 random_;
    std::uint16_t places_;
    std::uint16_t wanted_;
    std::uint64_t lives_ = 0;
    std::vector<copy_of_part> all_;
    copy_list list_ = make_list();
    std::int64_t now_ms_ = 1;
    std::int64_t next_beat_ms_ = 0;
    std::vector<outgoing> in_flight_;
    std::vector<std::vector<std::uint64_t>> states_;
    std::uint64_t appended_ = 0;
    int calm_steps_ = 0;
    std::vector<std::uint64_t> acknowledged_;  ///< by position
    bool violated_ = false;
};

}  // namespace

TEST_CASE("copies hold what was acknowledged, whatever dies or is late", "[replication]") {
    std::uint64_t whole = 0;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        INFO("seed " << seed);
        walk w(seed);
        for (int n = 0; n < 1'500 && !w.lost() && !w.violated(); ++n) w.step(true);
        REQUIRE_FALSE(w.violated());
        if (w.lost()) continue;
        for (int n = 0; n < 6'000 && !w.lost() && !w.complete(); ++n) w.step(false);
        REQUIRE_FALSE(w.violated());
        if (w.lost()) continue;  // it had lost its last member before
        REQUIRE(w.complete());
        ++whole;
    }
    CHECK(whole > 300);  // of the others, every copy was lost at once
}
