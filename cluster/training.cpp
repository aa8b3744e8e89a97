#include "cluster/training.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <caf/all.hpp>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "actors/checkpoint/durable_files.hpp"
#include "actors/checkpoint/stored_checkpoints.hpp"
#include "actors/thrown.hpp"
#include "cluster/complain.hpp"
#include "cluster/job/section.hpp"
#include "cluster/node/signals.hpp"
#include "cluster/posix_storage.hpp"
#include "cluster/process_edges.hpp"
#include "cluster/training_setup.hpp"
#include "kernels/gemm.hpp"

namespace slackline {

namespace {

constexpr std::int64_t stop_s = 30;        // for the tree to stop in order
constexpr std::int64_t killed_ms = 2'000;  // for what it had to kill

std::string now_utc() {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

class training {
public:
    training(const job& j, const train_options& options, posix_storage& files,
             const loaded_data& data, run_spec spec)
        : job_(j),
          kills_(options.kills),
          reporter_(options.style, j.name, j.batch, j.checkpoint_dir, stdout),
          store_(
              {identity_of(j, data), spec.map->layout(), state_slots(spec.optimizer.kind), j.keep},
              files, now_utc, [this](const std::string& s) { reporter_.warned(s); }),
          system_(configure(config_, spec.map->shards())),
          run_(system_, std::move(spec),
               {link_, link_, clock_, incarnations_, store_, reporter_,
                [this](const std::string& s) { reporter_.happened(s); }},
               true) {
        reporter_.introduced(data.train->size(), j.workers, j.shards, blas_description());
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

    int conclude() {
        for (const auto& k : kills_)
            reporter_.warned(
                fmt::format("{} was not killed: the run was done before", name_of(k.who)));
        reporter_.done();
        if (const auto s = reporter_.account().stats; s.applied == 0 && s.skipped > 0) {
            std::fprintf(stderr,
                         "slackline: every item was skipped and nothing was learnt; remove the "
                         "cause that is told above\n");
            return 1;
        }
        const auto unheard = reporter_.account().unheard;
        if (unheard) complain_unheard(*unheard, "the run is done and its checkpoint is written");
        return unheard ? 1 : 0;
    }

    static void complain_unheard(const std::string& why, const char* then) {
        std::fprintf(stderr, "slackline: the standard output cannot be written: %s; %s\n",
                     why.c_str(), then);
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
        complain_unheard(*account.unheard, "the run stops here, go on with --resume");
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
    std::vector<injected_kill> kills_;
    taken_signals signals_{SIGTERM, SIGINT, SIGUSR1};
    steady_clock_edge clock_;
    counted_incarnations incarnations_;
    local_link link_;
    reporter reporter_;
    stored_checkpoints store_;
    std::promise<std::string> over_;
    caf::actor_system_config config_;
    caf::actor_system system_;
    embedded_run run_;
};

// The newest checkpoint that can be read must be one of this run.
result<void> may_resume(const std::vector<checkpoint_info>& there, const run_identity& run,
                        const std::string& dir) {
    for (auto c = there.rbegin(); c != there.rend(); ++c)
        if (c->content) return same_run(c->content->identity, run, dir + "/" + c->path);
    return {};
}

result<void> may_start(const job& j, posix_storage& files, const run_identity& run, bool resume) {
    const auto there = list_checkpoints(files, j.name);
    if (!there) return tl::unexpected(there.error());
    if (resume) return may_resume(*there, run, j.checkpoint_dir);
    if (there->empty()) return {};
    return fail(failure_code::already_exists,
                fmt::format("run '{}' has {} checkpoint(s) in {}; go on with --resume, or choose "
                            "another run.name or checkpoint.dir",
                            j.name, there->size(), j.checkpoint_dir));
}

// The place of the key "model.KEY" that a sentence begins with, or else of the section.
std::string place_of(const job& j, const std::string& sentence) {
    for (const auto& [key, place] : j.model_places)
        if (sentence.starts_with(fmt::format("model.{} ", key))) return place;
    return j.model_place;
}

// `make` is a user's: what it says of the options is a usage error, and all else it may throw a
// failure.
result<std::unique_ptr<model>> made_by(const model_entry& m, const job& j, model_options& options,
                                       const data_shape& shape) {
    std::string why = "it was not made";
    try {
        if (auto made = m.make(options, shape)) return made;
    } catch (const std::invalid_argument& e) {
        return fail(failure_code::usage, fmt::format("{}: {}", place_of(j, e.what()), e.what()));
    } catch (...) {
        why = what_was_thrown();
    }
    return fail(failure_code::refused, fmt::format("{}: the model '{}': {}; correct its program",
                                                   j.model_place, m.kind, why));
}

}  // namespace

result<std::unique_ptr<model>> make_model(const job& j, const data_shape& shape,
                                          const std::vector<model_entry>& models) {
    std::string list;
    for (const auto& m : models) {
        list += (list.empty() ? "" : ", ") + m.kind;
        if (m.kind != j.model_kind) continue;
        auto options = j.model;
        auto made = made_by(m, j, options, shape);
        if (!made) return made;
        const auto unknown = options.untaken();
        if (unknown.empty()) return made;
        const auto near = nearest(unknown.front(), options.known());
        return fail(
            failure_code::usage,
            fmt::format("{}: the model '{}' has no key 'model.{}'; {}",
                        j.model_places.at(unknown.front()), m.kind, unknown.front(),
                        near.empty() ? "remove it" : fmt::format("did you mean '{}'?", near)));
    }
    return fail(failure_code::usage, fmt::format("{}: this program has no model '{}'; it has {}",
                                                 j.model_place, j.model_kind, list));
}

int train(const job& j, const train_options& options, const std::vector<model_entry>& models) {
    const auto data = load_data(j);
    if (!data) return complain(data.error());
    const auto shape = data->train->shape();
    auto first = make_model(j, shape, models);
    if (!first) return complain(first.error());
    if (options.check) {
        reporter(options.style, j.name, j.batch, j.checkpoint_dir, stdout)
            .checked(j.file, data->train->size());
        return 0;
    }
    posix_storage files(j.checkpoint_dir);
    if (auto r = make_durable_directory(files, j.name); !r) return complain(r.error());
    const auto lock = files.lock(j.name + "/lock");
    if (!lock) return complain(lock.error());
    if (auto r = may_start(j, files, identity_of(j, *data), options.resume); !r)
        return complain(r.error());
    const auto make = [&j, shape, &models]() -> std::shared_ptr<model> {
        return std::move(make_model(j, shape, models)).value();
    };
    return training(j, options, files, *data, spec_of(j, *data, 1, make)).follow();
}

}  // namespace slackline
