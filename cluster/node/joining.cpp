#include "cluster/node/joining.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "cluster/client/asker.hpp"
#include "cluster/client/requests.hpp"
#include "cluster/file/grown_file.hpp"

namespace slackline {

namespace {

constexpr int tries = 60;

result<std::string> ask_once(const cluster_file& file, const joined_node& node) {
    asker to(file);
    if (auto r = to.dial(file); !r) return tl::unexpected(r.error());
    return to.ask([&](address own) { return join_request(own, node); });
}

}  // namespace

result<cluster_file> join(const cluster_file& file, const joined_node& node) {
    for (int n = 1;; ++n) {
        const auto told = ask_once(file, node);
        if (told) {
            const auto joined = read_joined_json(*told);
            if (!joined) return tl::unexpected(joined.error());
            return grown(file, *joined);
        }
        const auto& why = told.error();
        const bool away = why.code == failure_code::io || why.code == failure_code::exhausted;
        if (!away || n == tries) return tl::unexpected(why);
        if (n == 1)
            std::fprintf(stderr, "%s: it joins when the coordinator answers: %s\n",
                         node.name.c_str(), why.sentence.c_str());
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}

}  // namespace slackline
