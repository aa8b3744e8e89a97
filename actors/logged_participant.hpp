// A participant that may keep a log, and be one of several copies. What its log says comes to it
// beside its messages.
#pragma once

#include "actors/log_edge.hpp"
#include "actors/participant.hpp"

namespace slackline {

class logged_participant : public participant {
public:
    virtual void handle(const logged& l, std::int64_t now_ms, outbox& out) = 0;
    virtual void handle(const logged_part& part, std::int64_t now_ms, outbox& out) = 0;
    using participant::handle;

    /// Its node is asked to end: where another can hold what it holds, it is to do so.
    virtual void leave() = 0;
};

}  // namespace slackline
