#include "actors/local_link.hpp"

#include <caf/send.hpp>

#include "actors/participant_actor.hpp"

namespace slackline {

void local_link::attach(address at, caf::actor to) {
    const std::unique_lock lock(mutex_);
    actors_[at] = std::move(to);
}

caf::actor local_link::find(address at) const {
    const std::shared_lock lock(mutex_);
    const auto found = actors_.find(at);
    return found == actors_.end() ? caf::actor() : found->second;
}

void local_link::detach(address at) {
    const std::unique_lock lock(mutex_);
    actors_.erase(at);
}

void local_link::send(address to, frame f) {
    if (const auto actor = find(to)) caf::anon_send(actor, std::move(f));
}

}  // namespace slackline
