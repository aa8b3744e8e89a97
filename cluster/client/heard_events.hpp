// What a run tells of itself, told on to people: each piece of news once, however often a follower
// attaches.
//
// Pure; thread: one.
#pragma once

#include <optional>
#include <string>

#include "cluster/reporter.hpp"
#include "messages/frame.hpp"

namespace slackline {

class heard_events {
public:
    explicit heard_events(reporter& to) : reporter_(to) {}

    /// Tells the reporter, unless it was told the same before; of an end it knows nothing.
    void take(wire::RunEvent::Reader event);

    /// Whether there is an account of the run to sum up.
    bool progressed() const { return progressed_; }

private:
    bool is_news(wire::RunEvent::Reader event);

    reporter& reporter_;
    bool introduced_ = false;
    bool progressed_ = false;
    std::optional<std::uint64_t> era_;
    std::optional<std::uint64_t> evaluated_;  ///< count of the era's last one
    std::string published_;                   ///< path of the era's last one
};

}  // namespace slackline
