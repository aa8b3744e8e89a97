#include "messages/passed.hpp"

#include <cstdint>

#include "messages/buffer_source.hpp"
#include "messages/validate.hpp"

namespace slackline {

void pass_on(frame_builder& b, wire::Passed::Builder to, const frame& f) {
    const auto segments = f.segments();
    auto list = to.initSegments(static_cast<unsigned>(segments.size()));
    for (unsigned i = 0; i < list.size(); ++i)
        list.adopt(i, b.attach_one(segments[i].bytes, f.owner()));
}

result<frame> passed(const frame& outer, wire::Passed::Reader from) {
    std::vector<frame_segment> segments;
    for (auto data : from.getSegments()) {
        const auto* begin = reinterpret_cast<const std::byte*>(data.begin());
        const auto at = reinterpret_cast<std::uintptr_t>(begin);
        if (data.size() == 0 || data.size() % sizeof(capnp::word) != 0 ||
            at % sizeof(capnp::word) != 0)
            return fail(failure_code::malformed,
                        "message: a frame inside it has a segment that is no whole number of "
                        "words; close the connection to this sender");
        segments.push_back(
            {{begin, data.size()}, !segments.empty() && at % buffer_alignment_bytes == 0});
    }
    if (segments.empty())
        return fail(failure_code::malformed,
                    "message: a frame inside it is empty; close the connection to this sender");
    const auto envelope = validate(segments);
    if (!envelope) return tl::unexpected(envelope.error());
    return frame(*envelope, std::move(segments), outer.owner());
}

}  // namespace slackline
