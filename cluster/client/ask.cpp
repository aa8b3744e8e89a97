#include "cluster/client/ask.hpp"

#include <fmt/format.h>

namespace slackline {

failure read(wire::Declined::Reader declined) {
    return {declined.getUsage() ? failure_code::usage : failure_code::refused,
            declined.getSentence().cStr()};
}

result<std::string> answer_to(const frame& request, client_edge& edge, const clock_edge& clock,
                              const std::string& node) {
    if (auto r = edge.send(request); !r) return tl::unexpected(r.error());
    const auto limit_ms = clock.now_ms() + answer_limit_ms;
    for (auto left_ms = answer_limit_ms; left_ms > 0; left_ms = limit_ms - clock.now_ms()) {
        const auto got = edge.receive(left_ms);
        if (!got) return tl::unexpected(got.error());
        if (!*got) continue;
        frame_reader reader(**got);
        const auto m = reader.root();
        if (m.isTold()) return m.getTold().getJson().cStr();
        if (m.isSubmitted()) return std::string();
        if (m.isDeclined()) return tl::unexpected(read(m.getDeclined()));
    }
    return fail(failure_code::exhausted,
                fmt::format("the coordinator {} has not answered within {:g} s; look whether its "
                            "process is busy or stopped, and try again",
                            node, static_cast<double>(answer_limit_ms) / 1000));
}

}  // namespace slackline
