// A cut that is asked for until it is there: soon again at first, since what carried the request or
// a part of the cut may have been lost, and ever later, since it may only be slow.
//
// Pure; owner and thread: the coordinator. Times are of its clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace slackline {

class cut_request {
public:
    /// To be asked for at that time, and if need be again after `wait_ms`.
    void begin(std::int64_t at_ms, std::int64_t wait_ms) {
        at_ms_ = at_ms;
        wait_ms_ = wait_ms;
    }
    void end() { at_ms_.reset(); }
    bool open() const { return at_ms_.has_value(); }

    /// Whether it is to be asked for now; the next time is then twice as far away as this one was,
    /// and `wait_ms_max` at most.
    bool due(std::int64_t now_ms, std::int64_t wait_ms_max) {
        if (!at_ms_ || now_ms < *at_ms_) return false;
        at_ms_ = now_ms + wait_ms_;
        wait_ms_ = std::min(2 * wait_ms_, wait_ms_max);
        return true;
    }

private:
    std::optional<std::int64_t> at_ms_;  ///< none: nothing is asked for
    std::int64_t wait_ms_ = 0;
};

}  // namespace slackline
