#include "cluster/client/member_commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cluster/client/asker.hpp"
#include "cluster/client/requests.hpp"
#include "cluster/complain.hpp"

namespace slackline {

int reload_cluster(const cluster_file& file) {
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    const auto told =
        from.ask([](address own) { return ask_request(own, wire::Ask::What::RELOAD); });
    if (!told) return complain(told.error());
    try {
        const auto answer = nlohmann::json::parse(*told);
        for (const auto& n : answer.at("added"))
            fmt::print(
                "node {0} belongs to the cluster; start it with: slackline node --cluster {1} "
                "--name {0}\n",
                n.get<std::string>(), file.path);
        for (const auto& n : answer.at("removed"))
            fmt::print("node {} hands over what it holds, and ends\n", n.get<std::string>());
        if (answer.at("added").empty() && answer.at("removed").empty())
            fmt::print("no node has come or gone\n");
    } catch (const nlohmann::json::exception&) {
        return complain({failure_code::malformed,
                         "the coordinator's answer is not understood; run the same version of this "
                         "program here and there"});
    }
    return 0;
}

int remove_node(const cluster_file& file, const std::string& node) {
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    const auto told = from.ask([&](address own) { return remove_request(own, node); });
    if (!told) return complain(told.error());
    fmt::print("node {} hands over what it holds, and ends\n", node);
    return 0;
}

}  // namespace slackline
