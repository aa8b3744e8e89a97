#include "cluster/client/dialled_link.hpp"

#include <utility>

#include "cluster/file/placement.hpp"
#include "cluster/link/client_link.hpp"

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
        auto link = client_link::dial(file, placement(file).coordinator());
        if (!link) return tl::unexpected(link.error());
        return std::make_unique<dialled_link>(std::move(*link));
    };
}

}  // namespace slackline
