#include "cluster/client/client_commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "cluster/client/asker.hpp"
#include "cluster/client/dialled_link.hpp"
#include "cluster/client/requests.hpp"
#include "cluster/client/signal_interruption.hpp"
#include "cluster/client/status_text.hpp"
#include "cluster/complain.hpp"
#include "cluster/process_edges.hpp"

namespace slackline {

namespace {

constexpr std::int64_t watch_ms = 1'000;

int print(const result<std::string>& text) {
    if (!text) return complain(text.error());
    std::fputs(text->c_str(), stdout);
    if (std::fflush(stdout) == 0) return 0;
    return complain({failure_code::io, "the standard output cannot be written; look at its end"});
}

int tell(asker& from, wire::Ask::What what, bool json,
         result<std::string> (*readable)(const std::string&), const char* before = "") {
    const auto told = from.ask([&](address own) { return ask_request(own, what); });
    if (!told) return complain(told.error());
    std::fputs(before, stdout);
    return print(json ? one_line(*told) : readable(*told));
}

}  // namespace

int train_on_cluster(const cluster_file& file, const std::string& run,
                     std::optional<submission> submit, report_style style) {
    signal_interruption interruption;
    const steady_clock_edge clock;
    const follow_wish wish{
        run, std::move(submit), file.path, coordinator_of(file), file.heartbeat_ms, style};
    const auto r = follow(wish, {dial_coordinator(file), clock, interruption, stdout});
    return r ? 0 : complain(r.error());
}

int cancel_run(const cluster_file& file, const std::string& run) {
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    const auto answer = from.ask([&](address own) { return cancel_request(own, run); });
    if (!answer) return complain(answer.error());
    return print(fmt::format("run {} is cancelled\n", run));
}

int show_runs(const cluster_file& file, bool json) {
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    return tell(from, wire::Ask::What::RUNS, json, runs_text);
}

int show_status(const cluster_file& file, bool json, bool watch) {
    std::optional<signal_interruption> interruption;
    if (watch) interruption.emplace();
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    const char* before = watch && !json && isatty(STDOUT_FILENO) ? "\033[H\033[J" : "";
    for (;;) {
        if (const int code = tell(from, wire::Ask::What::STATUS, json, status_text, before);
            code != 0 || !interruption)
            return code;
        const auto ends = from.pause(watch_ms, *interruption);
        if (!ends) return complain(ends.error());
        if (*ends) return 0;
    }
}

}  // namespace slackline
