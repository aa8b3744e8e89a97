#include "cluster/run_start.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "actors/checkpoint/checkpoint_files.hpp"
#include "actors/checkpoint/durable_files.hpp"

namespace slackline {

namespace {

// The newest checkpoint that can be read must be one of this run.
result<void> may_resume(const std::vector<checkpoint_info>& there, const run_identity& run,
                        const std::string& dir) {
    for (auto c = there.rbegin(); c != there.rend(); ++c)
        if (c->content) return same_run(c->content->identity, run, dir + "/" + c->path);
    return {};
}

std::string manifest_of_logs(const job& j) {
    return fmt::format("{}/{}", log_folder(j), manifest_name);
}

std::string text_of(const optimizer_settings& o) {
    return fmt::format("{} {} {} {} {} {} {} {} {}", o.momentum, o.rho, o.beta1, o.beta2, o.epsilon,
                       o.weight_decay, o.ftrl_beta, o.l1, o.l2);
}

}  // namespace

std::string now_utc() {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

result<std::shared_ptr<void>> hold_run_folder(posix_storage& files, const std::string& run) {
    if (auto r = make_durable_directory(files, run); !r) return tl::unexpected(r.error());
    return files.lock(run + "/lock");
}

std::string log_folder(const job& j) {
    return j.name + "/log";
}

result<bool> goes_on_from_logs(const job& j, posix_storage& files, run_identity run, bool resume) {
    run.fingerprint["shards"] = std::to_string(j.shards);
    run.fingerprint["staleness"] =
        j.consistency.staleness ? std::to_string(*j.consistency.staleness) : "none";
    run.fingerprint["level"] = to_string(j.consistency.level);
    run.fingerprint["optimizer settings"] = text_of(j.optimizer);
    const auto path = manifest_of_logs(j);
    const auto there = files.read(path);
    if (!there && there.error().code != failure_code::not_found)
        return tl::unexpected(there.error());
    if (resume && there) {
        const auto left = read_manifest(*there, files.full(path));
        const auto fits = left ? same_run(left->identity, run, files.full(path))
                               : result<void>(tl::unexpected(left.error()));
        if (fits) return true;
        return fail(fits.error().code,
                    fmt::format("{}; or remove {} to go on from the newest checkpoint without what "
                                "came after it",
                                fits.error().sentence, files.full(log_folder(j))));
    }
    if (j.consistency.level != ack_level::logged) return false;
    if (auto r = files.remove(log_folder(j)); !r) return tl::unexpected(r.error());
    if (auto r = make_durable_directory(files, log_folder(j)); !r) return tl::unexpected(r.error());
    manifest m;
    m.identity = std::move(run);
    m.written = now_utc();
    if (auto r = write_durably(files, path, write_manifest(m)); !r)
        return tl::unexpected(r.error());
    return false;
}

result<void> may_start(const job& j, posix_storage& files, const run_identity& run, bool resume) {
    const auto there = list_checkpoints(files, j.name);
    if (!there) return tl::unexpected(there.error());
    if (resume) return may_resume(*there, run, j.checkpoint_dir);
    const bool logged = files.size(manifest_of_logs(j)).has_value();
    if (there->empty() && !logged) return {};
    return fail(failure_code::already_exists,
                fmt::format("run '{}' has {} checkpoint(s){} in {}; go on with --resume, or choose "
                            "another run.name or checkpoint.dir",
                            j.name, there->size(), logged ? " and logs" : "", j.checkpoint_dir));
}

}  // namespace slackline
