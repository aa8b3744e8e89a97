// The edges of the house: time, randomness and the way to other actors. Files: actors/storage.hpp.
//
// Production passes real ones from main; a simulation passes its own. Nothing reaches around them.
#pragma once

#include <cstdint>

#include "messages/frame.hpp"

namespace slackline {

/// Monotonic time. Thread-safe.
class clock_edge {
public:
    virtual ~clock_edge() = default;
    virtual std::int64_t now_ms() const = 0;
};

/// Carries frames to whoever is registered under an address. A frame to nobody vanishes, one may be
/// lost, late, doubled or out of order: whatever matters is answered, and sent again until it is.
/// Thread-safe.
class link_edge {
public:
    virtual ~link_edge() = default;
    virtual void send(address to, frame f) = 0;
};

/// Numbers that tell one life from another: never the same twice, later ones larger. Thread-safe.
class incarnations_edge {
public:
    virtual ~incarnations_edge() = default;
    virtual std::uint64_t next() = 0;
};

}  // namespace slackline
