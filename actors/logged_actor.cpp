#include "actors/logged_actor.hpp"

#include <caf/all.hpp>

#include "actors/log/log_actor.hpp"

namespace slackline {

namespace {

struct logged_core {
    std::unique_ptr<log_edge> log;
    std::shared_ptr<logged_participant> core;
};

}  // namespace

caf::behavior logged_actor(caf::event_based_actor* self, logged_participant_maker make,
                           caf::actor log, actor_edges edges) {
    auto parts = std::make_shared<logged_core>();
    if (log) parts->log = edge_to_log(self, std::move(log));
    parts->core = make(parts->log.get());
    const auto told = [parts, edges](const auto& by_log) {
        outbox out;
        parts->core->handle(by_log, edges.clock.now_ms(), out);
        send_all(out, edges.link);
    };
    return driven(self, parts->core, edges, [parts] {})
        .or_else([told](const logged& l) { told(l); }, [told](const logged_part& p) { told(p); },
                 [parts](drain_atom) { parts->core->leave(); });
}

}  // namespace slackline
