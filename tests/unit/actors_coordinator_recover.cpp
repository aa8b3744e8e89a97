// A coordinator whose shards and sequencer keep logs, message by message: who is lost goes on from
// its log, and a new era begins only where that cannot be.
#include "tests/catch.hpp"
#include "tests/unit/coordinator_bench.hpp"

using namespace slackline;
using wire::Message;
using addresses = std::vector<address>;

namespace {

struct bench : coordinator_bench {
    explicit bench(std::optional<std::uint64_t> adopt = std::nullopt)
        : coordinator_bench(logged(adopt)) {
        if (adopt) store.era = *adopt;
        now_ms = 1;
    }
    static coordinator_settings logged(std::optional<std::uint64_t> adopt) {
        coordinator_settings s;
        s.logged = true;
        s.keep = 2;
        s.adopt = adopt;
        return with_defaults(s);
    }
    /// A checkpoint that is the sum of so many entries.
    static model_state state(version at, std::uint64_t position) {
        model_state s;
        s.at = at;
        s.ledger.count = at.count;
        s.ledger.items_total = 100;
        s.ledger.position = position;
        s.tensors = {{1, 2, 3, 4}};
        return s;
    }
    struct restore {
        std::uint64_t life;
        std::uint64_t count;
        std::uint64_t position;
        bool operator==(const restore&) const = default;
    };
    /// What a shard is restored to.
    std::vector<restore> restores(std::uint32_t to) const {
        std::vector<restore> all;
        for (const auto& o : out)
            if (frame_reader r(o.frame); o.to == shard(to) && r.root().isRestore())
                all.push_back({r.root().getRestore().getIncarnation(),
                               r.root().getRestore().getCount(),
                               r.root().getRestore().getLedger().getPosition()});
        return all;
    }
    /// The life of the sequencer that is to go on from its log.
    std::optional<std::uint64_t> recovered_life() const {
        for (const auto& o : out)
            if (frame_reader r(o.frame);
                o.to == sequencer && r.root().isStart() && r.root().getStart().getRecover())
                return r.root().getStart().getIncarnation();
        return std::nullopt;
    }
    void published_at(std::uint64_t position) {
        give({role::CHECKPOINTER, 0},
             [&](auto m) { m.initPublished().initLedger().setPosition(position); });
    }
    std::vector<std::uint64_t> kept() const {
        std::vector<std::uint64_t> all;
        for (const auto& o : out)
            if (frame_reader r(o.frame); r.root().isKept())
                all.push_back(r.root().getKept().getPosition());
        return all;
    }
    void lost(address from, std::uint64_t of_era = newest) {
        give(from, [](auto m) { m.initLost().setSentence("its log is gone"); }, of_era);
    }
    using restores_list = std::vector<restore>;
};

}  // namespace

TEST_CASE("a shard that comes back is given the era's newest checkpoint, by name",
          "[coordinator][logged]") {
    bench s;
    s.serve();
    s.store.state = bench::state({1, 7}, 30);
    s.ready(bench::shard(1), 20);
    CHECK(s.restores(1) == bench::restores_list{{20, 7, 30}});
    CHECK(s.out.size() == 1);
    CHECK(s.noted("shard 1 was lost; it goes on from its log") == 1);
    s.ready(bench::shard(1), 20);  // once a heartbeat
    CHECK(s.out.empty());
    s.tick(s.now_ms + 999);
    CHECK(s.restores(1).empty());
    s.tick(s.now_ms + 1);
    CHECK(s.restores(1) == bench::restores_list{{20, 7, 30}});
    s.restored(1, 19);  // a former life
    CHECK(s.out.empty());
    s.restored(1, 20);
    CHECK(s.sent(Message::START) == addresses{bench::shard(1)});
    s.tick(s.now_ms + 5'000);
    CHECK(s.restores(1).empty());
    CHECK(s.store.era == 1);
}

TEST_CASE("a checkpoint of the era before is that which this one began with",
          "[coordinator][logged]") {
    bench s;
    s.store.era = 3;
    s.store.state = bench::state({3, 7}, 30);
    s.serve();
    s.ready(bench::shard(0), 20);
    CHECK(s.restores(0) ==
          bench::restores_list{{20, 7, 0}});  // none of this era's entries is in it
}

TEST_CASE("a life that ends while it reads its log is followed by another",
          "[coordinator][logged]") {
    bench s;
    s.serve();
    s.ready(bench::shard(1), 20);
    s.ready(bench::shard(1), 21);
    CHECK(s.restores(1) == bench::restores_list{{21, 0, 0}});
    s.restored(1, 20);
    CHECK(s.sent(Message::START).empty());
    s.restored(1, 21);
    CHECK(s.sent(Message::START) == addresses{bench::shard(1)});
}

TEST_CASE("a sequencer that comes back is started where its log ends", "[coordinator][logged]") {
    bench s;
    s.serve();
    s.ready(bench::sequencer, 20);
    CHECK(s.recovered_life() == 20);
    s.ready(bench::shard(0), 21);  // and a shard beside it
    CHECK(s.restores(0).size() == 1);
    s.started(20);
    CHECK(s.out.empty());
    s.restored(0, 21);
    CHECK(s.sent(Message::START) == addresses{bench::shard(0)});
    s.tick(s.now_ms + 5'000);
    CHECK_FALSE(s.recovered_life());
    CHECK(s.store.era == 1);
}

TEST_CASE("before an era serves, who is lost begins it once more", "[coordinator][logged]") {
    bench s;
    s.tick(s.now_ms);
    s.restored(0, 11);
    s.ready(bench::shard(0), 20);
    CHECK(s.store.era == 2);
}

TEST_CASE("while the sequencer is started, a shard that is lost goes on from its log",
          "[coordinator][logged]") {
    bench s;
    s.tick(s.now_ms);
    s.restored(0, 11);
    s.restored(1, 12);
    s.ready(bench::shard(0), 20);
    CHECK(s.restores(0) == bench::restores_list{{20, 0, 0}});
    s.started(13);
    s.restored(0, 20);
    CHECK(s.sent(Message::START) == addresses{bench::shard(0)});
    CHECK(s.store.era == 1);
}

TEST_CASE("where the logs do not reach, a new era begins", "[coordinator][logged]") {
    bench s;
    s.serve();
    SECTION("a shard says so") {
        s.lost(bench::shard(1), 0);  // of no era
        CHECK(s.store.era == 1);
        s.lost(bench::worker(0));
        CHECK(s.store.era == 1);
        s.lost(bench::shard(1));
        CHECK(s.noted("era 2: its log is gone") == 1);
    }
    SECTION("the sequencer says so") {
        s.lost(bench::sequencer);
        CHECK(s.noted("era 2: its log is gone") == 1);
    }
    SECTION("no checkpoint of the era can be loaded") {
        s.store.newest_fails = "all are damaged";
        s.ready(bench::shard(0), 20);
        CHECK(s.noted("failed: all are damaged") == 1);
        return;
    }
    CHECK(s.sent(Message::RESTORE) == addresses{bench::shard(0), bench::shard(1)});
    CHECK(s.restores(1)[0].life == 0);
}

TEST_CASE("a coordinator that comes back brings back whom it finds without memory",
          "[coordinator][logged]") {
    bench s(4);
    s.store.state = bench::state({4, 9}, 40);
    s.tick(s.now_ms);
    s.holds(bench::shard(0), 11, 4);
    s.holds(bench::shard(1), 20, 0);
    CHECK(s.restores(1) == bench::restores_list{{20, 9, 40}});
    s.ready(bench::sequencer, 21);
    CHECK(s.recovered_life() == 21);
    s.tick(s.now_ms + 1'000);  // nobody is asked who is known
    CHECK(s.sent(Message::INQUIRE).empty());
    s.started(21, 4);
    CHECK(s.out.empty());
    s.restored(1, 20, 4);
    CHECK(s.sent(Message::START) == addresses{bench::shard(1), bench::worker(0), bench::worker(1)});
    CHECK(s.store.era == 4);
}

TEST_CASE("logs are kept back to the oldest checkpoint of the era that is kept",
          "[coordinator][logged]") {
    bench s;
    s.serve();
    s.published_at(10);
    CHECK(s.kept().empty());  // the era's beginning is the other one
    s.published_at(10);       // told twice
    CHECK(s.kept().empty());
    s.published_at(20);
    CHECK(s.kept() == std::vector<std::uint64_t>{10, 10, 10});  // to both shards and the sequencer
    s.published_at(30);
    CHECK(s.kept() == std::vector<std::uint64_t>{20, 20, 20});
}

TEST_CASE("a sequencer that comes back is told again of an early stop", "[coordinator][logged]") {
    auto settings = bench::logged(std::nullopt);
    settings.patience = 1;
    coordinator_bench s(settings);
    s.now_ms = 1;
    s.serve();
    s.evaluated(false, 1, {{"loss", 1.0}});
    s.evaluated(false, 2, {{"loss", 2.0}});
    REQUIRE(s.control() == wire::Control::STOP_EARLY);
    s.progressed(true);  // the order is complete
    CHECK(s.control_at(1'100) == std::nullopt);
    s.ready(coordinator_bench::sequencer, 20);
    s.started(20);
    CHECK(s.control_at(2'200) == wire::Control::STOP_EARLY);
    s.progressed(true);
    CHECK(s.control_at(3'300) == std::nullopt);
}
