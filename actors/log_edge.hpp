// The edge to an actor's log: what the actor took in, in the order in which it took it.
//
// What an actor holds is a function of what it took in: it is that of a checkpoint, and then of the
// frames in the log, taken in once more. What it answers counts only once the log holds what it
// answers to. Implemented by an actor of its own (actors/log/log_actor.hpp), which blocks.
// Owner and thread: the actor whose log it is.
#pragma once

#include <cstdint>
#include <vector>

#include "messages/frame.hpp"

namespace slackline {

/// Said by the log: every frame at a position below is durable.
struct logged {
    std::uint64_t next = 0;
};

/// The answer to a read: consecutive frames, and where the log ended then.
struct logged_part {
    std::uint64_t tag = 0;  ///< of the read
    std::uint64_t first = 0;
    std::vector<frame> frames;
    std::uint64_t end = 0;
};

/// Whether somebody waits for it to be durable.
enum class urgency { at_once, can_wait };

class log_edge {
public:
    virtual ~log_edge() = default;

    /// Behind all that was appended before; `logged` follows, soon or, of what can wait, with the
    /// next that cannot, or with what sync() asks for.
    virtual void append(frame f, urgency u) = 0;
    virtual void sync() = 0;

    /// From that position on, or from the oldest frame there is where that is newer: answered by
    /// one `logged_part`, without a frame at the end of the log alone.
    virtual void read(std::uint64_t position, std::uint64_t tag) = 0;

    /// What is below is not needed any more.
    virtual void trim(std::uint64_t position) = 0;
};

}  // namespace slackline
