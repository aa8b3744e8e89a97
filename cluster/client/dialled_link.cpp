#include "cluster/client/dialled_link.hpp"

#include <fmt/format.h>

#include <utility>

#include "cluster/file/placement.hpp"
#include "cluster/link/client_link.hpp"
#include "cluster/link/call_node.hpp"

namespace slackline {

namespace {

class dialled_link : public client_edge {
public:
    explicit dialled_link(std::unique_ptr<client_link> link) : link_(std::move(link)) {}

    address own_address() const override { return link_->own_address(); }
    result<void> send(frame f) override { return link_->send(std::move(f)); }
    result<std::optional<frame>> receive(std::int64_t limit_ms) override {
        return link_->receive(limit_ms);
    }

private:
    std::unique_ptr<client_link> link_;
};

}  // namespace

client_dialler dial_coordinator(const cluster_file& file) {
    return [&file]() -> result<std::unique_ptr<client_edge>> {
        const auto node = placement(file).coordinator();
        auto link = client_link::dial(file, node);
        if (!link && link.error().code == failure_code::not_found)
            return fail(failure_code::not_found,
                        fmt::format("{} has not run yet: {}; start it with: slackline node "
                                    "--cluster {} --name {}",
                                    describe_node(file, node), link.error().sentence, file.path,
                                    file.nodes[node].name));
        if (!link) return tl::unexpected(link.error());
        return std::make_unique<dialled_link>(std::move(*link));
    };
}

}  // namespace slackline
