#include "cluster/training.hpp"

#include <fmt/format.h>

#include <caf/all.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <future>
#include <thread>

#include "actors/checkpoint/stored_checkpoints.hpp"
#include "cluster/complain.hpp"
#include "cluster/judgement.hpp"
#include "cluster/log_places.hpp"
#include "cluster/make_model.hpp"
#include "cluster/node/node_incarnations.hpp"
#include "cluster/node/signals.hpp"
#include "cluster/posix_storage.hpp"
#include "cluster/process_edges.hpp"
#include "cluster/run_start.hpp"
#include "cluster/training_setup.hpp"
#include "kernels/gemm.hpp"

namespace slackline {

namespace {

constexpr std::int64_t stop_s = 30;        // for the tree to stop in order
constexpr std::int64_t killed_ms = 2'000;  // for what it had to kill

class training {
public:
    training(const job& j, const train_options& options, posix_storage& files,
             const loaded_data& data, run_spec spec,
             std::unique_ptr<node_incarnations> incarnations)
        : job_(j),
          files_(files),
          kills_(options.kills),
          incarnations_(std::move(incarnations)),
          reporter_(options.style, j.name, stdout),
          store_({identity_of(j, facts_of(data)), spec.map->layout(),
                  state_slots(spec.optimizer.kind), j.keep, logged(j)},
                 files, now_utc, [this](const std::string& s) { reporter_.warned(s); }),
          system_(configure(config_, spec.map->shards())),
          run_(system_, std::move(spec),
               {link_,
                link_,
                clock_,
                *incarnations_,
                store_,
                reporter_,
                [this](const std::string& s) { reporter_.happened(s); },
                {},
                logs()},
               true) {
        reporter_.introduced({data.train->size(), j.workers, j.shards, j.batch, blas_description(),
                              j.checkpoint_dir});
    }

    int follow() {
        run_.start([this](const std::string& reason) { over_.set_value(reason); });
        auto over = over_.get_future();
        const int watched = watch(over);
        run_.stop();
        const bool stopped = all_stopped(over);
        const int code = watched == 0 ? conclude() : watched;
        if (!stopped) end_without_them(code);
        return code;
    }

private:
    static bool logged(const job& j) { return j.consistency.level == ack_level::logged; }
    std::function<log_place(address)> logs() {
        if (!logged(job_)) return {};
        return logs_in(files_, log_folder(job_), 1,
                       [this](const std::string& s) { reporter_.warned(s); });
    }

    int watch(std::future<std::string>& over) {
        for (;;) {
            if (over.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
                std::fprintf(stderr, "slackline: the run ended: %s\n", over.get().c_str());
                return 1;
            }
            if (const auto code = look(signals_.wait(20))) return *code;
        }
    }

    // A gradient that does not return keeps its device from ending, and the actor system would
    // wait for it without an end.
    bool all_stopped(std::future<std::string>& over) {
        if (over.valid()) over.wait_for(std::chrono::seconds(stop_s));
        const auto limit_ms = clock_.now_ms() + killed_ms;
        while (system_.registry().running() > 0 && clock_.now_ms() < limit_ms)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return system_.registry().running() == 0;
    }

    [[noreturn]] static void end_without_them(int code) {
        std::fprintf(stderr,
                     "slackline: a gradient or an evaluation does not return; the process ends "
                     "without it\n");
        std::fflush(stdout);
        std::_Exit(code);
    }

    // What the logs hold is in the last checkpoint, too.
    int conclude() {
        if (auto r = files_.remove(log_folder(job_)); !r) reporter_.warned(r.error().sentence);
        for (const auto& k : kills_)
            reporter_.warned(
                fmt::format("{} was not killed: the run was done before", name_of(k.who)));
        reporter_.done();
        const auto fine =
            judge(reporter_.account(), "the run is done and its checkpoint is written");
        return fine ? 0 : complain(fine.error());
    }

    // CAF's sharing policy: workers sleep on a queue, where its stealing policy would poll and
    // take the processor from the devices.
    static caf::actor_system_config& configure(caf::actor_system_config& c, std::size_t shards) {
        c.set("scheduler.policy", caf::atom("sharing"));
        c.set("scheduler.max-threads", std::min<std::size_t>(4, 1 + shards));
        c.set("logger.file-verbosity", caf::atom("quiet"));
        c.set("logger.console-verbosity", caf::atom("quiet"));
        return c;
    }

    std::optional<int> look(int signal) {
        const auto account = reporter_.account();
        if (account.failed) {
            std::fprintf(stderr, "slackline: %s\n", account.failed->c_str());
            return 1;
        }
        if (account.finished) return 0;
        inject(account);
        if (signal == SIGUSR1) run_.request_checkpoint();
        if (signal == SIGTERM || signal == SIGINT)
            return leave("asked to stop", 128 + signal, account.published);
        if (!account.unheard) return std::nullopt;
        complain(unheard(*account.unheard, "the run stops here, go on with --resume"));
        return leave("nobody hears this run", 1, account.published);
    }

    void inject(const run_account& account) {
        const auto& s = account.stats;
        if (s.items_total == 0) return;
        const double part =
            static_cast<double>(s.applied + s.skipped) / static_cast<double>(s.items_total);
        std::erase_if(kills_, [&](const injected_kill& k) {
            if (part < k.at) return false;
            reporter_.happened(fmt::format("at {:.0f} % of the items {} is killed, on request",
                                           100 * part, name_of(k.who)));
            run_.kill(k.who);
            return true;
        });
    }

    std::optional<int> leave(const char* why, int code, std::uint64_t published_before) {
        reporter_.happened(fmt::format("{}: a checkpoint is written first", why));
        run_.request_checkpoint();
        const auto limit_s = job_.checkpoint_give_up_s;
        const auto limit_ms = clock_.now_ms() + static_cast<std::int64_t>(limit_s * 1000);
        do {
            const auto account = reporter_.account();
            if (account.published > published_before || account.finished) return code;
            if (account.failed) return look(0);
            signals_.wait(20);
        } while (clock_.now_ms() < limit_ms);
        std::fprintf(stderr,
                     "slackline: no checkpoint could be written within %g s; remove the cause, "
                     "then go on from the last one with --resume\n",
                     limit_s);
        return 1;
    }

    const job& job_;
    posix_storage& files_;
    std::vector<injected_kill> kills_;
    taken_signals signals_{SIGTERM, SIGINT, SIGUSR1};
    steady_clock_edge clock_;
    std::unique_ptr<node_incarnations> incarnations_;
    local_link link_;
    reporter reporter_;
    stored_checkpoints store_;
    std::promise<std::string> over_;
    caf::actor_system_config config_;
    caf::actor_system system_;
    embedded_run run_;
};

}  // namespace

int train(const job& j, const train_options& options, const std::vector<model_entry>& models) {
    const auto data = load_data(j);
    if (!data) return complain(data.error());
    const auto shape = data->train->shape();
    auto first = make_model(j, shape, models);
    if (!first) return complain(first.error());
    if (options.check) {
        reporter(options.style, j.name, stdout).checked(j.file, data->train->size());
        return 0;
    }
    posix_storage files(j.checkpoint_dir);
    auto lock = hold_run_folder(files, j.name);
    if (!lock) return complain(lock.error());
    const auto identity = identity_of(j, facts_of(*data));
    if (auto r = may_start(j, files, identity, options.resume); !r) return complain(r.error());
    const auto from_logs = goes_on_from_logs(j, files, identity, options.resume);
    if (!from_logs) return complain(from_logs.error());
    const auto make = [&j, shape, &models]() -> std::shared_ptr<model> {
        return std::move(make_model(j, shape, models)).value();
    };
    auto incarnations =
        node_incarnations::open(files, j.name, std::move(*lock), std::uint32_t(std::time(nullptr)));
    if (!incarnations) return complain(incarnations.error());
    auto spec = spec_of(j, *data, 1, make);
    spec.resumes = *from_logs;
    return training(j, options, files, *data, std::move(spec), std::move(*incarnations)).follow();
}

}  // namespace slackline
