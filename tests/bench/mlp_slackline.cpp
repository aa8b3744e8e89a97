// The variants with servers: the embedded run as `slackline train` starts it, without evaluation
// and checkpoints. The clock runs from the sequencer's placing of one apply to its placing of
// another, so that starting and ending a run are outside of it.
#include <fmt/format.h>

#include <atomic>
#include <caf/all.hpp>
#include <future>
#include <mutex>
#include <stdexcept>

#include "actors/embedded_run.hpp"
#include "cluster/process_edges.hpp"
#include "cluster/training_setup.hpp"
#include "tests/bench/mlp_work.hpp"

namespace slackline::bench {

namespace {

constexpr std::uint64_t cool_items = 50;
constexpr auto patience = std::chrono::seconds(120);

/// Publishes into nothing: the run ends as soon as it may.
class no_store : public checkpoint_store {
public:
    result<era_start> begin_era() override { return era_start{++era_, {}}; }
    result<std::optional<model_state>> newest_of(std::uint64_t) override { return std::nullopt; }
    result<std::uint64_t> last_era() override { return era_; }
    result<void> note_copies(std::uint64_t, const std::string&) override { return {}; }
    result<std::string> copies_of(std::uint64_t) override { return std::string(); }
    result<std::string> publish(const model_state&) override { return std::string("nowhere"); }

private:
    std::uint64_t era_ = 0;
};

/// Passes on how the run ended: an empty sentence if well.
class ending : public run_observer {
public:
    std::future<std::string> wait() { return over_.get_future(); }

    void era_begun(std::uint64_t, const ledger_state&, const std::string&) override {}
    void progressed(const sequencer_stats& s, double) override { skipped_ = s.skipped; }
    void evaluated(const evaluation_report&) override {}
    void published(const cut_record&, const std::string&, const ledger_state&) override {}
    void warned(const std::string& sentence) override { end(sentence); }
    void failed(const std::string& sentence) override { end(sentence); }
    void happened(const std::string&) override {}
    void finished() override { end(skipped_ == 0 ? "" : "items were skipped"); }

    void end(const std::string& sentence) {
        std::call_once(once_, [&] { over_.set_value(sentence); });
    }

private:
    std::uint64_t skipped_ = 0;
    std::once_flag once_;
    std::promise<std::string> over_;
};

class counting_link : public link_edge {
public:
    explicit counting_link(link_edge& inner) : inner_(inner) {}

    void send(address to, frame f) override {
        frames_.fetch_add(1, std::memory_order_relaxed);
        inner_.send(to, std::move(f));
    }
    std::uint64_t frames() const { return frames_.load(std::memory_order_relaxed); }

private:
    link_edge& inner_;
    std::atomic<std::uint64_t> frames_{0};
};

// As `slackline train` sets it.
caf::actor_system_config& configure(caf::actor_system_config& c, std::size_t shards) {
    c.set("scheduler.policy", caf::atom("sharing"));
    c.set("scheduler.max-threads", std::min<std::size_t>(4, 1 + shards));
    c.set("logger.file-verbosity", caf::atom("quiet"));
    c.set("logger.console-verbosity", caf::atom("quiet"));
    return c;
}

class measured_run {
public:
    measured_run(const mlp_work& work, std::uint64_t items, unsigned workers, unsigned shards)
        : items_(items),
          system_(configure(config_, shards)),
          run_(system_, spec(work, workers, shards),
               {actors_, link_, clock_, incarnations_, store_, ending_,
                [this](const std::string& s) { ending_.end(s); }},
               true) {}

    mlp_sample follow() {
        auto over = ending_.wait();
        std::promise<void> down;
        run_.start([&down](const std::string&) { down.set_value(); });
        const bool ended = over.wait_for(patience) == std::future_status::ready;
        run_.stop();
        down.get_future().wait();
        const std::string sentence = ended ? over.get() : "it did not end in time";
        if (!sentence.empty()) throw std::runtime_error("the run failed: " + sentence);
        return {items_, end_ - begin_, frames_};
    }

private:
    run_spec spec(const mlp_work& work, unsigned workers, unsigned shards) {
        job j;
        j.seed = work.plan.seed;
        j.batch = static_cast<std::uint32_t>(work.plan.batch);
        j.workers = workers;
        j.shards = shards;
        j.optimizer = work.optimizer;
        j.consistency = preset("bounded").value();
        j.evaluate_every_epochs = 0;
        auto s =
            spec_of(j, {work.data, nullptr, work.data}, 1, [&work] { return work.make_model(); });
        s.rules.items_total = warm_items + items_ + cool_items;
        s.rules.scalars = [this, &work](std::uint64_t count, std::uint64_t) {
            if (count == warm_items) begin();
            if (count == warm_items + items_) end();
            return step_scalars_at(work.optimizer, work.learning_rate, count);
        };
        s.evaluate = [](const parameters&, const row_source&) {
            return std::vector<std::pair<std::string, double>>{{"loss", 0.0}};
        };
        return s;
    }

    void begin() {
        frames_ = link_.frames();
        begin_ = read_cpu();
    }

    void end() {
        end_ = read_cpu();
        frames_ = link_.frames() - frames_;
    }

    std::uint64_t items_;
    std::uint64_t frames_ = 0;
    cpu_reading begin_;
    cpu_reading end_;
    steady_clock_edge clock_;
    counted_incarnations incarnations_;
    local_link actors_;
    counting_link link_{actors_};
    no_store store_;
    ending ending_;
    caf::actor_system_config config_;
    caf::actor_system system_;
    embedded_run run_;
};

}  // namespace

mlp_sample mlp_slackline(const mlp_work& work, std::uint64_t items, unsigned workers,
                         unsigned shards) {
    return measured_run(work, items, workers, shards).follow();
}

}  // namespace slackline::bench
