#include "cluster/client/heard_events.hpp"

#include <utility>

namespace slackline {

void heard_events::take(wire::RunEvent::Reader event) {
    if (!is_news(event)) return;
    if (event.isIntroduced())
        reporter_.introduced(read(event.getIntroduced()));
    else
        retell(event, reporter_);
}

bool heard_events::is_news(wire::RunEvent::Reader event) {
    switch (event.which()) {
        case wire::RunEvent::INTRODUCED:
            return !std::exchange(introduced_, true);
        case wire::RunEvent::ERA: {
            const auto era = event.getEra().getEra();
            if (std::exchange(era_, era) == era) return false;
            evaluated_.reset();  // a new era may make the same ones again
            published_.clear();
            return true;
        }
        case wire::RunEvent::EVALUATED: {
            const auto count = event.getEvaluated().getCut().getCount();
            return std::exchange(evaluated_, count) != count;
        }
        case wire::RunEvent::PUBLISHED: {
            const std::string path = event.getPublished().getPath().cStr();
            return std::exchange(published_, path) != path;
        }
        case wire::RunEvent::PROGRESS:
            progressed_ = true;
            return true;
        default:
            return true;
    }
}

}  // namespace slackline
