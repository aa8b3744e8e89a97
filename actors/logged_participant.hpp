// A participant that keeps a log. What its log says comes to it beside its messages.
#pragma once

#include "actors/log_edge.hpp"
#include "actors/participant.hpp"

namespace slackline {

class logged_participant : public participant {
public:
    virtual void handle(const logged& l, std::int64_t now_ms, outbox& out) = 0;
    virtual void handle(const logged_part& part, std::int64_t now_ms, outbox& out) = 0;
    using participant::handle;
};

}  // namespace slackline
