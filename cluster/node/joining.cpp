#include "cluster/node/joining.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

#include "cluster/client/asker.hpp"
#include "cluster/client/requests.hpp"
#include "cluster/file/cluster_id.hpp"
#include "cluster/file/roster.hpp"

namespace slackline {

namespace {

constexpr int tries = 60;

result<std::string> ask_once(const cluster_file& file,
                             const std::function<frame(address own)>& request) {
    asker to(file);
    if (auto r = to.dial(file); !r) return tl::unexpected(r.error());
    return to.ask(request);
}

result<cluster_file> ask_for_roster(const cluster_file& file) {
    const auto told =
        ask_once(file, [](address own) { return ask_request(own, wire::Ask::What::ROSTER); });
    if (!told) return tl::unexpected(told.error());
    return with_roster(file, *told);
}

bool is_away(const failure& why) {
    return why.code == failure_code::io || why.code == failure_code::exhausted;
}

// Said once; then a second passes.
void wait(int n, const std::string& node, const std::string& sentence) {
    if (n == 1) std::fprintf(stderr, "%s: %s\n", node.c_str(), sentence.c_str());
    std::this_thread::sleep_for(std::chrono::seconds(1));
}

}  // namespace

result<cluster_file> join(const cluster_file& file, const joined_node& node) {
    for (int n = 1;; ++n) {
        const auto told = ask_once(file, [&](address own) { return join_request(own, node); });
        if (told) return running_cluster(file, node.name);
        if (!is_away(told.error()) || n == tries) return tl::unexpected(told.error());
        wait(n, node.name, "it joins when the coordinator answers: " + told.error().sentence);
    }
}

result<cluster_file> running_cluster(const cluster_file& file, const std::string& node) {
    constexpr int busy_tries = 5;  // of a coordinator that is there and does not answer
    const bool is_in_file = file.find(node).has_value();
    for (int n = 1;; ++n) {
        auto running = ask_for_roster(file);
        if (running && running->find(node)) return running;
        const auto why =
            running ? fail(failure_code::mismatch,
                           fmt::format("node {} is in {} and not in the running cluster; have the "
                                       "coordinator read its file again: slackline reload",
                                       node, file.path))
                    : tl::unexpected(running.error());
        const auto code = why.value().code;
        const bool away = code == failure_code::io || code == failure_code::not_found;
        if (!running && is_in_file && (away || n == busy_tries)) return file;
        if (n == tries) return why;
        wait(n, node, why.value().sentence);
    }
}

bool is_counted_otherwise(const cluster_file& known) {
    const auto running = ask_for_roster(known);
    return running && cluster_id(*running) != cluster_id(known);
}

}  // namespace slackline
