// The edges of a command line: its way to the coordinator, and whether its user has had enough.
//
// Production passes a link and the process's signals; tests pass scripts.
// Owner and thread: one thread, which waits in them; every wait has the limit that it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "messages/failure.hpp"
#include "messages/frame.hpp"

namespace slackline {

class client_edge {
public:
    virtual ~client_edge() = default;

    /// What frames of this client bear as their sender.
    virtual address own_address() const = 0;

    virtual result<void> send(frame f) = 0;

    /// The next frame; none where the time is over first. An error where the connection has ended.
    virtual result<std::optional<frame>> receive(std::int64_t limit_ms) = 0;
};

/// Makes a new connection to the coordinator's node, or says why there is none; bounded.
using client_dialler = std::function<result<std::unique_ptr<client_edge>>()>;

class interruption_edge {
public:
    virtual ~interruption_edge() = default;

    /// Whether the user asks the command to end; waits so long for it.
    virtual bool interrupted(std::int64_t wait_ms) = 0;
};

}  // namespace slackline
