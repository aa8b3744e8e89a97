// The edge from a node's agent to what it hosts: the part of a run that belongs on this node.
//
// Owner and thread: the agent's actor calls it. Nothing here blocks: data is loaded by a thread of
// the host's own, and what came of it is seen in now().
#pragma once

#include <cstdint>
#include <string>

#include "messages/frame.hpp"

namespace slackline {

struct hosting_state {
    std::uint64_t run = 0;  ///< that is held, opened or refused; 0: none
    wire::Hosting hosting = wire::Hosting::IDLE;
    std::string sentence;  ///< why it is refused
};

class run_host {
public:
    virtual ~run_host() = default;

    /// Begins to open a run; `spec` lies in `owner`. Only while now().run is 0.
    virtual void open(const frame& owner, wire::RunSpec::Reader spec) = 0;

    /// Begins to end what is held or being opened, as the run's end or another run wants it.
    virtual void close() = 0;

    /// Workers finish what they have and hand back the rest; where the state of the run is held
    /// here, or written from here, a checkpoint comes first.
    virtual void drain() = 0;
    virtual bool drained() const = 0;
    /// The same but for the checkpoint, which takes a coordinator.
    virtual bool handed_back() const = 0;

    virtual hosting_state now() const = 0;
};

}  // namespace slackline
