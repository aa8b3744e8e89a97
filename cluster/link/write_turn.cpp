#include "cluster/link/write_turn.hpp"

#include <algorithm>
#include <utility>

#include "cluster/link/connection.hpp"

namespace slackline {

void write_turns::want(std::shared_ptr<connection> c) {
    if (depth_ == 0) return c->settle();
    if (std::find(waiting_.begin(), waiting_.end(), c) == waiting_.end())
        waiting_.push_back(std::move(c));
}

write_turns::turn::~turn() {
    if (--all_.depth_ > 0) return;
    auto ready = std::exchange(all_.waiting_, std::exchange(all_.spare_, {}));
    for (const auto& c : ready) c->settle();
    ready.clear();
    all_.spare_ = std::move(ready);
}

}  // namespace slackline
