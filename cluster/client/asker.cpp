#include "cluster/client/asker.hpp"

#include <utility>

#include "cluster/client/ask.hpp"
#include "cluster/client/dialled_link.hpp"
#include "cluster/file/placement.hpp"

namespace slackline {

const std::string& coordinator_of(const cluster_file& file) {
    return file.nodes.at(placement(file).coordinator()).name;
}

result<void> asker::dial(const cluster_file& file) {
    auto edge = dial_coordinator(file)();
    if (!edge) return tl::unexpected(edge.error());
    edge_ = std::move(*edge);
    return {};
}

result<std::string> asker::ask(const std::function<frame(address own)>& request) {
    return answer_to(request(edge_->own_address()), *edge_, clock_, node_);
}

result<bool> asker::pause(std::int64_t ms, interruption_edge& interruption) {
    const auto until_ms = clock_.now_ms() + ms;
    while (clock_.now_ms() < until_ms) {
        if (interruption.interrupted(0)) return true;
        const auto got = edge_->receive(heartbeat_ms_);
        if (!got) return tl::unexpected(got.error());
    }
    return false;
}

}  // namespace slackline
