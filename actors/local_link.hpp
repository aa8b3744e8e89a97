// The link inside one process: frames go from actor to actor as they are.
//
// Thread-safe. An address without an actor swallows its frames, as a dead node would.
#pragma once

#include <caf/actor.hpp>
#include <map>
#include <shared_mutex>

#include "actors/edges.hpp"

namespace slackline {

class local_link : public link_edge {
public:
    /// From now on frames for `at` go to `to`; whoever was there before is forgotten.
    void attach(address at, caf::actor to);

    /// The actor at an address; null when there is none.
    caf::actor find(address at) const;

    /// Lets go of the actor at an address, if there is one.
    void detach(address at);

    void send(address to, frame f) override;

private:
    mutable std::shared_mutex mutex_;
    std::map<address, caf::actor> actors_;
};

}  // namespace slackline
