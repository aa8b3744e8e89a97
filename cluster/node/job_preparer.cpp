#include "cluster/node/job_preparer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "actors/checkpoint/stored_checkpoints.hpp"
#include "actors/shard_map.hpp"
#include "actors/thrown.hpp"
#include "cluster/link/link_session.hpp"
#include "cluster/make_model.hpp"
#include "cluster/node/job_of.hpp"
#include "cluster/run_start.hpp"
#include "cluster/training_setup.hpp"

namespace slackline {

namespace {

// Another process that trains there would write the same checkpoints.
result<void> nobody_else_trains(posix_storage& files, const std::string& run) {
    if (!files.list(run)) return {};  // no folder yet
    const auto path = run + "/lock";
    const auto lock = files.lock(path);
    if (lock || files.holder(path) == std::to_string(getpid())) return {};
    return tl::unexpected(lock.error());
}

result<std::uint64_t> last_era(const job& j, const data_facts& facts, const model_layout& layout,
                               posix_storage& files) {
    const stored_checkpoints_settings s{identity_of(j, facts), layout,
                                        state_slots(j.optimizer.kind), j.keep};
    return stored_checkpoints(s, files, now_utc, [](const std::string&) {}).last_era();
}

// A shard's snapshot for a checkpoint, the largest message of a run, is one frame. How many rows
// tables will have is not known.
result<void> fits_frames(const job& j, const model_layout& layout) {
    constexpr std::uint64_t beside_bytes = 1 << 20;
    const shard_map map(layout, j.shards);
    for (std::uint32_t s = 0; s < map.shards(); ++s) {
        const auto bytes =
            map.slice_floats(s) * sizeof(float) * (1 + state_slots(j.optimizer.kind));
        if (bytes + beside_bytes > frame_bytes_max)
            return fail(failure_code::exhausted,
                        fmt::format("shard {} of {} would hold {} MiB of parameters and optimizer "
                                    "state, and a message carries {} MiB; give the cluster more "
                                    "shards",
                                    s, map.shards(), bytes >> 20, frame_bytes_max >> 20));
    }
    return {};
}

// What `work` comes to; an error where it throws, for want of memory as a rule.
template <class Work>
auto guarded(const job_text& job, Work work) -> decltype(work()) {
    try {
        return work();
    } catch (...) {
        return fail(failure_code::exhausted,
                    fmt::format("{}: {}; give it less to do", job.file, what_was_thrown()));
    }
}

}  // namespace

namespace {

std::string sets_shards(std::uint32_t shards) {
    return fmt::format("run.shards={}", shards);
}

}  // namespace

job_text job_preparer::fitted(job_text job, std::uint32_t shards) const {
    job.overrides.push_back(fmt::format("run.workers={}", cluster_.workers));
    job.overrides.push_back(sets_shards(shards == 0 ? cluster_.shards : shards));
    job.overrides.push_back(fmt::format("run.heartbeat_ms={}", cluster_.heartbeat_ms));
    return job;
}

result<std::string> job_preparer::name_of(const job_text& job) {
    return guarded(job, [&]() -> result<std::string> {
        return job_of(fitted(job, 0)).map([](const slackline::job& j) { return j.name; });
    });
}

result<prepared_run> job_preparer::prepare(const job_text& job, bool resume, std::uint32_t shards) {
    return guarded(job, [&] { return prepared(fitted(job, shards), resume); });
}

// The last override counts.
result<prepared_run> job_preparer::resharded(prepared_run run, std::uint32_t shards) {
    run.job.overrides.push_back(sets_shards(shards));
    run.shards = shards;
    const auto j = job_of(run.job);
    if (!j) return tl::unexpected(j.error());
    if (auto r = fits_frames(*j, run.layout); !r) return tl::unexpected(r.error());
    return run;
}

result<prepared_run> job_preparer::prepared(job_text job, bool resume) const {
    const auto j = job_of(job);
    if (!j) return tl::unexpected(j.error());
    if (j->consistency.replicas > cluster_.copies_max)
        return fail(failure_code::usage,
                    fmt::format("{}: consistency.replicas = {}, and this cluster has nodes for {} "
                                "copies of a shard and of the sequencer; lower it, or give more "
                                "nodes the role shard",
                                job.file, j->consistency.replicas, cluster_.copies_max));
    const auto data = load_data(*j);
    if (!data) return tl::unexpected(data.error());
    const auto m = make_model(*j, data->train->shape(), models_);
    if (!m) return tl::unexpected(m.error());
    auto layout = layout_of(*j, **m);
    if (!layout) return tl::unexpected(layout.error());
    if (auto r = fits_frames(*j, *layout); !r) return tl::unexpected(r.error());
    const auto facts = facts_of(*data);
    posix_storage files(j->checkpoint_dir);
    if (auto r = nobody_else_trains(files, j->name); !r) return tl::unexpected(r.error());
    if (auto r = may_start(*j, files, identity_of(*j, facts), resume); !r)
        return tl::unexpected(r.error());
    const auto era = last_era(*j, facts, *layout, files);
    if (!era) return tl::unexpected(era.error());
    return prepared_run{
        j->name,   std::move(job),          facts.samples, facts.checksum, std::move(*layout),
        j->shards, j->consistency.replicas, *era + 1};
}

}  // namespace slackline
