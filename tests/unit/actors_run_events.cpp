// What a run tells arrives as it was told, event by event: every number differs.
#include "actors/run_events.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

struct era_told {
    std::uint64_t era;
    ledger_state from;
    std::string why;
};
struct progress_told {
    sequencer_stats stats;
    double loss;
};
struct published_told {
    cut_record cut;
    std::string path;
    ledger_state ledger;
};

struct recording : run_observer {
    std::vector<era_told> eras;
    std::vector<progress_told> progresses;
    std::vector<evaluation_report> reports;
    std::vector<published_told> checkpoints;
    std::vector<std::string> sentences;
    std::size_t calls = 0;

    void era_begun(std::uint64_t era, const ledger_state& from, const std::string& why) override {
        eras.push_back({era, from, why});
        ++calls;
    }
    void progressed(const sequencer_stats& stats, double loss) override {
        progresses.push_back({stats, loss});
        ++calls;
    }
    void evaluated(const evaluation_report& report) override {
        reports.push_back(report);
        ++calls;
    }
    void published(const cut_record& cut, const std::string& path,
                   const ledger_state& ledger) override {
        checkpoints.push_back({cut, path, ledger});
        ++calls;
    }
    void happened(const std::string& s) override { note("happened: " + s); }
    void warned(const std::string& s) override { note("warned: " + s); }
    void failed(const std::string& s) override { note("failed: " + s); }
    void finished() override { note("finished"); }

    void note(const std::string& s) {
        sentences.push_back(s);
        ++calls;
    }
};

// What `tell` told, sent and heard again; `look` sees the frame's message.
template <class Tell, class Look>
recording heard(Tell tell, Look look) {
    std::vector<frame> sent;
    event_observer observer(7, {role::COORDINATOR, 0},
                            [&](frame f) { sent.push_back(std::move(f)); });
    tell(observer);
    recording to;
    REQUIRE(sent.size() == 1);
    frame_reader reader(sent.front());
    const auto m = reader.root();
    CHECK(m.getRun() == 7);
    CHECK(read_address(m.getFrom()) == address{role::COORDINATOR, 0});
    CHECK(read_address(m.getTo()) == address{role::REGISTRAR, 0});
    REQUIRE(m.isRunEvent());
    look(m.getRunEvent());
    retell(m.getRunEvent(), to);
    return to;
}

template <class Tell>
recording heard(Tell tell) {
    auto to = heard(tell, [](wire::RunEvent::Reader) {});
    CHECK(to.calls == 1);
    return to;
}

const ledger_state account{
    11, {13}, {14, 15}, 21, 22, 23, 24, 25, {{12, 2}}, {{31, 32}, 34, 35, 36, {{14, "it threw"}}}};

bool same(const cut_record& a, const cut_record& b) {
    return a.cut == b.cut && a.count == b.count && a.purpose == b.purpose;
}

}  // namespace

TEST_CASE("the beginning of an era is heard as it was told") {
    const auto to = heard([](run_observer& o) { o.era_begun(41, account, "shard 1 was lost"); });
    REQUIRE(to.eras.size() == 1);
    CHECK(to.eras[0].era == 41);
    CHECK(to.eras[0].from == account);
    CHECK(to.eras[0].why == "shard 1 was lost");
}

TEST_CASE("an era that goes on is heard as its beginning by those who did not hear it") {
    const auto to = heard([](run_observer& o) { o.era_goes_on(42, account); });
    REQUIRE(to.eras.size() == 1);
    CHECK(to.eras[0].era == 42);
    CHECK(to.eras[0].from == account);
    CHECK(to.eras[0].why == "for those who see it from here on: the coordinator is back");
}

TEST_CASE("progress is heard with its workers, its history and its loss") {
    sequencer_stats s{51, 52, 53, 54, 55, account.history, {}};
    s.workers = {{{0, 61}, 62, 1, 2, 63}, {{3, 64}, 65, 4, 5, 66}};
    const auto to = heard([&](run_observer& o) { o.progressed(s, 0.75); });
    REQUIRE(to.progresses.size() == 1);
    const auto& [stats, loss] = to.progresses[0];
    CHECK(loss == 0.75);
    CHECK(stats.count == 51);
    CHECK(stats.applied == 52);
    CHECK(stats.skipped == 53);
    CHECK(stats.items_total == 54);
    CHECK(stats.watermark == 55);
    CHECK(stats.history == account.history);
    REQUIRE(stats.workers.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(stats.workers[i].who == s.workers[i].who);
        CHECK(stats.workers[i].clock == s.workers[i].clock);
        CHECK(stats.workers[i].open == s.workers[i].open);
        CHECK(stats.workers[i].window == s.workers[i].window);
        CHECK(stats.workers[i].item_ms == s.workers[i].item_ms);
    }
}

TEST_CASE("an evaluation and a checkpoint are heard with their cuts") {
    const cut_record cut{71, 72, {true, false, true}};
    auto to = heard(
        [&](run_observer& o) { o.evaluated({cut, 73, {{"accuracy", 0.5}, {"loss", 0.25}}}); });
    REQUIRE(to.reports.size() == 1);
    CHECK(same(to.reports[0].cut, cut));
    CHECK(to.reports[0].epoch == 73);
    CHECK(to.reports[0].metrics ==
          std::vector<std::pair<std::string, double>>{{"accuracy", 0.5}, {"loss", 0.25}});
    to = heard([&](run_observer& o) { o.published(cut, "r/checkpoint-72", account); });
    REQUIRE(to.checkpoints.size() == 1);
    CHECK(same(to.checkpoints[0].cut, cut));
    CHECK(to.checkpoints[0].path == "r/checkpoint-72");
    CHECK(to.checkpoints[0].ledger == account);
}

TEST_CASE("sentences are heard as what they are") {
    CHECK(heard([](run_observer& o) { o.happened("a node left"); }).sentences ==
          std::vector<std::string>{"happened: a node left"});
    CHECK(heard([](run_observer& o) { o.warned("the disk is slow"); }).sentences ==
          std::vector<std::string>{"warned: the disk is slow"});
}

TEST_CASE("an observer on another node speaks in that node's name") {
    std::vector<frame> sent;
    event_observer observer(7, {role::NODE, 3}, [&](frame f) { sent.push_back(std::move(f)); });
    observer.happened("worker 2 was restarted");
    REQUIRE(sent.size() == 1);
    frame_reader reader(sent.front());
    CHECK(read_address(reader.root().getFrom()) == address{role::NODE, 3});
    CHECK(reader.root().getRunEvent().isHappened());
}

TEST_CASE("an end says how, and an introduction what is run; neither is retold") {
    auto to = heard([](run_observer& o) { o.failed("no space is left"); },
                    [](wire::RunEvent::Reader e) {
                        REQUIRE(e.isEnded());
                        CHECK(e.getEnded().getHow() == wire::Ended::How::FAILED);
                        CHECK(e.getEnded().getSentence() == "no space is left");
                    });
    CHECK(to.calls == 0);
    to = heard([](run_observer& o) { o.finished(); },
               [](wire::RunEvent::Reader e) {
                   REQUIRE(e.isEnded());
                   CHECK(e.getEnded().getHow() == wire::Ended::How::DONE);
               });
    CHECK(to.calls == 0);
    to = heard([](event_observer& o) { o.introduced({81, 82, 83, 84, "a library", "/runs"}); },
               [](wire::RunEvent::Reader e) {
                   REQUIRE(e.isIntroduced());
                   const auto what = read(e.getIntroduced());
                   CHECK(what.samples == 81);
                   CHECK(what.workers == 82);
                   CHECK(what.shards == 83);
                   CHECK(what.batch == 84);
                   CHECK(what.blas == "a library");
                   CHECK(what.checkpoint_dir == "/runs");
               });
    CHECK(to.calls == 0);
}
