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

result<void> may_start(const job& j, posix_storage& files, const run_identity& run, bool resume) {
    const auto there = list_checkpoints(files, j.name);
    if (!there) return tl::unexpected(there.error());
    if (resume) return may_resume(*there, run, j.checkpoint_dir);
    const bool logged = files.list(log_folder(j)).has_value();
    if (there->empty() && !logged) return {};
    return fail(failure_code::already_exists,
                fmt::format("run '{}' has {} checkpoint(s){} in {}; go on with --resume, or choose "
                            "another run.name or checkpoint.dir",
                            j.name, there->size(), logged ? " and logs" : "", j.checkpoint_dir));
}

}  // namespace slackline
